"""Expected bucket owner: sent with every request on a bucket whose owner the plan knows."""

from __future__ import annotations

import pytest
from fakes.plans import ENVIRONMENT, plan
from fakes.s3 import FakeS3
from fakes.sts import FakeSts

from spark_xacct.aws import RoleSessions
from spark_xacct.aws.bucket_owner import BucketOwners

OWNER = "x-amz-expected-bucket-owner"
SOURCE_OWNER = "x-amz-source-expected-bucket-owner"


@pytest.fixture
def s3():
    with FakeS3() as fake:
        yield fake


@pytest.fixture
def role_sessions():
    with FakeSts() as sts:
        yield RoleSessions(plan(sts.url), ENVIRONMENT, "run-1", "ana")


def copy(bucket, source):
    return ("copy_object", {"Bucket": bucket, "Key": "k", "CopySource": source})


@pytest.mark.parametrize(
    ("operation", "parameters", "owner", "source_owner"),
    [
        ("head_object", {"Bucket": "partner-data", "Key": "k"}, "444455556666", None),  # the role's account
        ("get_object", {"Bucket": "partner-out", "Key": "k"}, "999900001111", None),  # declared
        ("put_object", {"Bucket": "partner-out", "Key": "k", "Body": b""}, "999900001111", None),
        ("list_objects_v2", {"Bucket": "finance-2026", "Prefix": "p/"}, "777788889999", None),  # a pattern
        ("head_bucket", {"Bucket": "shared"}, "222233334444", None),  # base, with an owner
        ("head_object", {"Bucket": "scratch", "Key": "k"}, None, None),  # base, without
        ("head_object", {"Bucket": "corp-logs", "Key": "k"}, None, None),
        ("head_object", {"Bucket": "stranger", "Key": "k"}, None, None),
        (
            "head_object",
            {"Bucket": "partner-data", "Key": "k", "ExpectedBucketOwner": "000000000001"},
            "000000000001",
            None,
        ),
        ("list_buckets", {}, None, None),
        (*copy("partner-out", {"Bucket": "partner-data", "Key": "k"}), "999900001111", "444455556666"),
        (*copy("partner-out", "partner-data/k"), "999900001111", "444455556666"),
        (*copy("partner-out", "/partner-data/a/b?versionId=1"), "999900001111", "444455556666"),
        (*copy("partner-out", "stranger/k"), "999900001111", None),
        (*copy("stranger", "partner-data/k"), None, "444455556666"),
    ],
)
def test_owner_headers(s3, role_sessions, operation, parameters, owner, source_owner):
    client = role_sessions.client("s3", role="partner", endpoint_url=s3.url)
    getattr(client, operation)(**parameters)
    headers = s3.requests[-1].headers
    assert (headers.get(OWNER), headers.get(SOURCE_OWNER)) == (owner, source_owner)


def test_clients_of_a_boto3_session_and_resources_send_it_too(s3, role_sessions):
    session = role_sessions.session("partner")
    session.client("s3", endpoint_url=s3.url).head_object(Bucket="partner-data", Key="k")
    session.resource("s3", endpoint_url=s3.url).Object("partner-data", "k").load()
    role_sessions.client("s3", uri="s3a://shared/", endpoint_url=s3.url).head_object(Bucket="shared", Key="k")
    assert [request.headers[OWNER] for request in s3.requests] == ["444455556666", "444455556666", "222233334444"]


def test_a_pre_signed_url_asks_no_header_of_its_user(s3, role_sessions):
    client = role_sessions.client("s3", role="partner", endpoint_url=s3.url)
    url = client.generate_presigned_url("get_object", {"Bucket": "partner-data", "Key": "k"})
    assert "expected-bucket-owner" not in url


def test_the_longest_prefix_says_the_owner():
    prefixes = {"mixed": "partner", "mixed/finance/": "finance"}
    owners = BucketOwners(plan(None, buckets=prefixes).access_map, None)
    assert [owners.owner_of("mixed", key) for key in ("", "a", "finance/a", "finance")] == [
        "444455556666",
        "444455556666",
        "777788889999",
        "777788889999",
    ]
