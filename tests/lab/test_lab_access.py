"""The documents of a declaration let exactly its chains through: beside each refusal stands the call that passes."""

from __future__ import annotations

import pytest
from fakes.lab_clients import Callers, refused
from fakes.two_accounts import EXTERNAL_ID, READER, WRITER, A, B, C

from spark_xacct.lab import Lab, LabError

NO_POLICY = "User: {} is not authorized to perform: {} because no identity-based policy allows the {} action"


def test_the_chain_reads_the_partners_bucket_and_nobody_else_does(callers: Callers):
    base, hub = callers.base(), callers.hub()
    partner = hub.assume("partner")

    assert partner.read("partner-data") == b"partner's"
    assert partner.arn() == f"arn:aws:sts::{B}:assumed-role/reader/run-1"
    for other in (base, hub):
        with refused("AccessDenied", 403, NO_POLICY.format(other.arn(), "s3:GetObject", "s3:GetObject")):
            other.read("partner-data")
    with refused("AccessDenied", 403):
        partner.read("our-data")
    with refused("AccessDenied", 403):
        callers.nobody().read("partner-data")


def test_read_does_not_write_and_readwrite_does(callers: Callers, lab: Lab):
    partner, writer = callers.partner(), callers.base().assume("writer", ExternalId=EXTERNAL_ID)

    writer.write("third-out")
    assert lab.get("s3://third-out/out/b.txt") == b"new"
    with refused("AccessDenied", 403):
        partner.write("partner-data")


def test_write_holds_what_s3a_asks_for_when_it_writes(callers: Callers, lab: Lab):
    writer = callers.base().assume("writer", ExternalId=EXTERNAL_ID)
    s3, there = writer.client("s3"), {"Bucket": "third-in", "Key": "out/b.txt"}
    renamed = {"Bucket": "third-in", "Key": "out/c.txt"}

    # Is there a file already? Then the file, and its rename: a copy and a delete.
    with refused("404", 404):
        s3.head_object(**there)
    s3.put_object(**there, Body=b"new")
    s3.head_object(**there)
    s3.copy_object(**renamed, CopySource=there)
    s3.delete_object(**there)
    assert s3.list_objects_v2(Bucket="third-in", Prefix="out/")["Contents"][0]["Key"] == "out/c.txt"
    with lab.without(role="writer", action="s3:GetObject", document="permissions"):
        blind = callers.base().assume("writer", ExternalId=EXTERNAL_ID).client("s3")
        blind.put_object(**there, Body=b"new")
        with refused("403", 403):
            blind.head_object(**there)
        with refused("AccessDenied", 403):
            blind.copy_object(**renamed, CopySource=there)


def test_a_role_is_entered_by_the_hop_before_it_only(callers: Callers):
    base, hub = callers.base(), callers.hub()

    hub.assume("partner")
    with refused("AccessDenied", 403):
        base.assume("partner")
    with refused("AccessDenied", 403):
        hub.assume("writer", ExternalId=EXTERNAL_ID)


def test_the_external_id_must_be_the_declared_one(callers: Callers):
    base = callers.base()

    base.assume("writer", ExternalId=EXTERNAL_ID)
    expected = f"User: {base.arn()} is not authorized to perform: sts:AssumeRole on resource: {WRITER}"
    for wrong in ({"ExternalId": "two-accounts-4712"}, {"ExternalId": EXTERNAL_ID.upper()}, {}):
        with refused("AccessDenied", 403, expected):
            base.assume("writer", **wrong)


def test_the_base_identity_reaches_its_own_buckets(callers: Callers, lab: Lab):
    lab.put("s3://corp-scratch/in/a.txt", b"scratch")
    base = callers.base()

    assert base.read("our-data") == b"ours"
    assert base.read("corp-scratch") == b"scratch"
    base.write("corp-logs")
    with refused("AccessDenied", 403):
        callers.partner().read("corp-scratch")


def test_a_grant_lets_the_role_send_and_receive(callers: Callers, lab: Lab):
    partner, url = callers.partner().client("sqs"), lab.queue_url("events")

    assert partner.get_queue_url(QueueName="events", QueueOwnerAWSAccountId=B)["QueueUrl"] == url
    partner.send_message(QueueUrl=url, MessageBody="one")
    partner.send_message(QueueUrl=url, MessageBody="two")
    assert sorted(lab.messages("events")) == ["one", "two"]
    assert lab.messages("events") == []
    with refused("AccessDenied", 403):
        callers.base().client("sqs").send_message(QueueUrl=url, MessageBody="three")


def test_a_bucket_of_a_third_account_is_open_by_its_bucket_policy(callers: Callers, lab: Lab):
    partner, owner = callers.partner(), lab.root_client(C, "s3")

    assert partner.read("third-data") == b"third's"
    policy = owner.get_bucket_policy(Bucket="third-data")["Policy"]
    owner.delete_bucket_policy(Bucket="third-data")
    try:
        with refused("AccessDenied", 403):
            partner.read("third-data")
    finally:
        owner.put_bucket_policy(Bucket="third-data", Policy=policy)


def test_a_bucket_that_matches_a_pattern_is_made_when_something_is_put_there(callers: Callers, lab: Lab):
    lab.put("s3://tenant-7/in/a.txt", b"seven")

    assert callers.partner().read("tenant-7") == b"seven"
    assert lab.keys("s3://tenant-7/in/") == ["in/a.txt"]


def test_a_role_of_a_prefix_stays_in_it(callers: Callers, lab: Lab):
    lab.put("s3://partner-out/finance/a.txt", b"in")
    lab.put("s3://partner-out/other/a.txt", b"out")
    finance = callers.hub().assume("finance")
    s3 = finance.client("s3")

    assert finance.read("partner-out", "finance/a.txt") == b"in"
    finance.write("partner-out", "finance/b.txt")
    for prefix in ("finance/", "finance"):
        assert s3.list_objects_v2(Bucket="partner-out", Prefix=prefix)["KeyCount"] >= 1
    for prefix in ("", "other/"):
        with refused("AccessDenied", 403):
            s3.list_objects_v2(Bucket="partner-out", Prefix=prefix)
    with refused("AccessDenied", 403):
        finance.read("partner-out", "other/a.txt")


def test_buckets_stand_in_their_regions(lab: Lab):
    s3 = lab.root_client(B, "s3")

    found = {
        name: s3.get_bucket_location(Bucket=name)["LocationConstraint"] for name in ("american-data", "partner-data")
    }

    assert found == {"american-data": "us-west-2", "partner-data": "eu-west-1"}


def test_what_is_not_declared_has_no_owner_to_put_as(lab: Lab):
    with pytest.raises(LabError) as refusal:
        lab.put("s3://stranger/x", b"")

    assert str(refusal.value) == "bucket stranger is not declared; make it with create_bucket and root_client"


# Each action of each document, what it is there for, and what is refused without it.
STATEMENTS = [
    ("base", "sts:AssumeRoleWithWebIdentity", "trust", lambda c: c.base()),
    ("base", "sts:AssumeRole", "permissions", lambda c: c.base().assume("hub")),
    ("base", "s3:GetObject", "permissions", lambda c: c.base().read("our-data")),
    ("base", "s3:PutObject", "permissions", lambda c: c.base().write("our-data")),
    ("hub", "sts:AssumeRole", "trust", lambda c: c.base().assume("hub")),
    ("hub", "sts:AssumeRole", "permissions", lambda c: c.hub().assume("partner")),
    ("partner", "sts:AssumeRole", "trust", lambda c: c.hub().assume("partner")),
    ("partner", "s3:GetObject", "permissions", lambda c: c.partner().read("partner-data")),
    (
        "partner",
        "s3:ListBucket",
        "permissions",
        lambda c: c.partner().client("s3").list_objects_v2(Bucket="partner-data"),
    ),
    (
        "partner",
        "sqs:GetQueueUrl",
        "permissions",
        lambda c: c.partner().client("sqs").get_queue_url(QueueName="events"),
    ),
    ("writer", "sts:AssumeRole", "trust", lambda c: c.base().assume("writer", ExternalId=EXTERNAL_ID)),
    (
        "writer",
        "s3:PutObject",
        "permissions",
        lambda c: c.base().assume("writer", ExternalId=EXTERNAL_ID).write("third-out"),
    ),
]


@pytest.mark.parametrize(
    ("role", "action", "document", "call"),
    STATEMENTS,
    ids=[f"{role} {action} {which}" for role, action, which, _ in STATEMENTS],
)
def test_without_one_action_the_call_that_needs_it_is_refused(
    callers: Callers, lab: Lab, role: str, action: str, document: str, call: object
):
    assert callable(call)
    call(callers)
    with lab.without(role=role, action=action, document=document), refused("AccessDenied", 403):
        call(callers)
    call(callers)


def test_without_takes_from_the_trust_first(callers: Callers, lab: Lab):
    hub = callers.hub()

    with lab.without(role="hub", action="sts:AssumeRole"):
        hub.assume("partner")
        with refused("AccessDenied"):
            callers.base().assume("hub")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"role": "partner", "action": "s3:DeleteBucket"},
            f"the trust and permissions of {READER} do not hold s3:DeleteBucket; there is nothing to take away",
        ),
        (
            {"role": "nobody", "action": "s3:*"},
            '"nobody" is neither a declared role nor an ARN; declared are: '
            "base, after, beyond, finance, hub, long, partner, sourced, tagged, writer",
        ),
        (
            {"role": f"arn:aws:iam::{A}:role/other", "action": "s3:*"},
            f"arn:aws:iam::{A}:role/other is not a role or user of the declaration",
        ),
        ({"role": "hub", "action": "sts:*", "document": "boundary"}, '"boundary" is neither trust nor permissions'),
    ],
)
def test_without_refuses_what_would_change_nothing(lab: Lab, arguments: dict[str, str], message: str):
    with pytest.raises(LabError) as refusal, lab.without(**arguments):
        pass

    assert str(refusal.value) == message
