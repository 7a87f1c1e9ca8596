"""The log: what the server saw, by access key, told as identities and names of the declaration."""

from __future__ import annotations

from typing import Any

from fakes.lab_clients import Callers, refused
from fakes.two_accounts import ETL, EXTERNAL_ID, HUB, READER, WRITER, A, B, C

from spark_xacct.lab import Lab
from spark_xacct.lab.call_log import Call


def told(calls: list[Call], *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(call, field) for field in fields) for call in calls]


def test_a_chain_is_told_hop_by_hop(callers: Callers, lab: Lab):
    base = callers.base()
    partner = base.assume("hub").assume("partner", RoleSessionName="job-7")
    partner.read("partner-data")

    assert told(lab.calls(), "service", "operation", "status", "who", "role", "session_name", "bucket", "key") == [
        ("sts", "AssumeRoleWithWebIdentity", 200, None, None, None, None, None),
        ("sts", "AssumeRole", 200, f"arn:aws:sts::{A}:assumed-role/etl/pod-1", str(ETL), "pod-1", None, None),
        ("sts", "AssumeRole", 200, f"arn:aws:sts::{A}:assumed-role/hub/run-1", str(HUB), "run-1", None, None),
        (
            "s3",
            "GetObject",
            200,
            f"arn:aws:sts::{B}:assumed-role/reader/job-7",
            str(READER),
            "job-7",
            "partner-data",
            "in/a.txt",
        ),
    ]


def test_the_key_that_came_out_of_one_hop_signs_the_next(callers: Callers, lab: Lab):
    callers.partner().read("partner-data")

    calls = lab.calls()
    issued = [call.issued_key_id for call in calls if call.issued_key_id]
    assert len(set(issued)) == 3
    assert [call.access_key_id for call in calls] == [None, *issued]


def test_what_was_asked_for_is_told(callers: Callers, lab: Lab):
    policy = '{"Version":"2012-10-17","Statement":[]}'
    base = callers.base()
    base.assume("writer", ExternalId=EXTERNAL_ID, DurationSeconds=900, RoleSessionName="run-2")
    base.assume(
        "tagged",
        Tags=[{"Key": "team", "Value": "ads"}, {"Key": "env", "Value": "dev"}],
        TransitiveTagKeys=["team"],
    )
    with refused("MalformedPolicyDocument"):
        base.assume("sourced", SourceIdentity="jane", Policy=policy)

    asked = [call.requested for call in lab.calls(operation="AssumeRole")]
    assert asked == [
        {
            "RoleArn": str(WRITER),
            "RoleSessionName": "run-2",
            "DurationSeconds": 900,
            "ExternalId": EXTERNAL_ID,
        },
        {
            "RoleArn": f"arn:aws:iam::{B}:role/tagged",
            "RoleSessionName": "run-1",
            "Tags": {"team": "ads", "env": "dev"},
            "TransitiveTagKeys": ["team"],
        },
        {
            "RoleArn": f"arn:aws:iam::{B}:role/sourced",
            "RoleSessionName": "run-1",
            "SourceIdentity": "jane",
            "PolicyCharacters": len(policy),
        },
    ]


def test_refusals_are_told_with_their_codes(callers: Callers, lab: Lab):
    base = callers.base()
    with refused("AccessDenied"):
        base.read("partner-data")
    with refused("ValidationError"):
        base.assume("hub", DurationSeconds=899)
    with refused("NoSuchKey"):
        base.read("our-data", "nothing")

    assert told(lab.calls()[1:], "operation", "status", "error", "refused") == [
        ("GetObject", 403, "AccessDenied", True),
        ("AssumeRole", 400, "ValidationError", True),
        ("GetObject", 404, "NoSuchKey", False),
    ]


def test_callers_names_everyone_who_came_for_a_location(callers: Callers, lab: Lab):
    callers.partner().read("partner-data")
    assert lab.callers("s3://partner-data/") == {"partner"}

    with refused("AccessDenied"):
        callers.base().read("partner-data", "out/c.txt")
    with refused("AccessDenied"):
        callers.nobody().read("partner-data")
    assert lab.callers("s3a://partner-data/in/") == {"partner", "anonymous"}
    assert lab.callers("s3://partner-data/out/") == {"base"}
    assert lab.callers("s3://third-out/") == set()


def test_queues_are_told_by_name(callers: Callers, lab: Lab):
    url = lab.queue_url("events")
    callers.partner().client("sqs").send_message(QueueUrl=url, MessageBody="x")

    assert told(lab.calls(service="sqs"), "operation", "queue", "who") == [
        ("SendMessage", "events", f"arn:aws:sts::{B}:assumed-role/reader/run-1")
    ]
    assert lab.callers("sqs://events") == {"partner"}
    assert lab.messages("events") == ["x"]


def test_operations_of_s3_have_their_names(callers: Callers, lab: Lab):
    s3 = callers.base().assume("writer", ExternalId=EXTERNAL_ID).client("s3")
    bucket = {"Bucket": "third-out"}
    part = b"x" * (5 * 1024 * 1024)
    upload = s3.create_multipart_upload(**bucket, Key="big")["UploadId"]
    done = [s3.upload_part(**bucket, Key="big", UploadId=upload, PartNumber=1, Body=part)]
    s3.complete_multipart_upload(
        **bucket,
        Key="big",
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": item["ETag"], "PartNumber": 1} for item in done]},
    )
    s3.copy_object(**bucket, Key="copy", CopySource={"Bucket": "third-out", "Key": "big"})
    s3.head_object(**bucket, Key="copy")
    s3.head_bucket(**bucket)
    s3.list_objects_v2(**bucket)
    s3.get_bucket_location(**bucket)
    s3.abort_multipart_upload(**bucket, Key="c", UploadId=s3.create_multipart_upload(**bucket, Key="c")["UploadId"])
    s3.delete_objects(**bucket, Delete={"Objects": [{"Key": "copy"}]})
    s3.delete_object(**bucket, Key="big")

    calls = lab.calls(service="s3")
    assert {call.status for call in calls} <= {200, 204}
    assert {call.who for call in calls} == {f"arn:aws:sts::{C}:assumed-role/writer/run-1"}
    assert [call.operation for call in calls] == [
        "CreateMultipartUpload",
        "UploadPart",
        "CompleteMultipartUpload",
        "CopyObject",
        "HeadObject",
        "HeadBucket",
        "ListObjectsV2",
        "GetBucketLocation",
        "CreateMultipartUpload",
        "AbortMultipartUpload",
        "DeleteObjects",
        "DeleteObject",
    ]


def test_calls_can_be_followed_and_forgotten(callers: Callers, lab: Lab):
    base = callers.base()
    last = lab.calls()[-1].number
    base.arn()

    assert told(lab.calls(since=last), "operation") == [("GetCallerIdentity",)]
    lab.clear_calls()
    assert lab.calls() == []


def test_every_secret_that_came_out_is_known_and_none_is_in_the_log(callers: Callers, lab: Lab):
    partner = callers.partner()
    assert isinstance(partner.keys, dict)
    secrets = lab.secrets()

    assert {partner.keys["SecretAccessKey"], partner.keys["SessionToken"], callers.token()} <= set(secrets)
    assert partner.keys["AccessKeyId"] not in secrets
    text = str(lab.calls()) + repr(lab.process) + (lab.folder / "lab.log").read_text(encoding="utf-8")
    assert not [secret for secret in secrets if secret in text]
