"""What is said and how often STS is asked when there is no role session."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fakes.plans import ENVIRONMENT, HUB_ARN, READER_ARN, document, plan, role
from fakes.s3 import FakeS3
from fakes.sts import FakeSts

from spark_xacct.aws import RoleSessions
from spark_xacct.errors import RoleSessionError

HOST = socket.gethostname()
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sts(clock):
    with FakeSts() as fake:
        fake.now = clock
        yield fake


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


def sessions(sts: Any, clock: Any, environment: dict[str, str] | None = None, **more: Any) -> RoleSessions:
    endpoint = sts if isinstance(sts, str) else sts.url
    return RoleSessions(plan(endpoint, **more), dict(ENVIRONMENT, **(environment or {})), "run-1", "ana", clock)


def failure(role_sessions: RoleSessions, name: str = "partner") -> RoleSessionError:
    with pytest.raises(RoleSessionError) as refused:
        role_sessions.session(name).get_credentials().get_frozen_credentials()
    return refused.value


def text_of(role_sessions: RoleSessions, name: str = "partner") -> str:
    return str(failure(role_sessions, name))


NOT_AUTHORIZED = "User: x is not authorized to perform: sts:AssumeRole on resource: y"
TOO_LONG = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
TOO_LONG_CHAINED = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
NOT_TAGGING = "User: x is not authorized to perform: sts:TagSession on resource: y"


@pytest.mark.parametrize(
    ("refused", "code", "sts_message", "message"),
    [
        (
            "reader",
            "AccessDenied",
            NOT_AUTHORIZED,
            f"role partner: hop 2 of 2 ({READER_ARN}) refused by STS: AccessDenied; "
            f"account 444455556666 must let {HUB_ARN} assume it (trust policy), "
            "or account 111122223333 must allow sts:AssumeRole on it; retry after 12:00:30 UTC\n" + NOT_AUTHORIZED,
        ),
        (
            "hub",
            "AccessDenied",
            "",
            f"role partner: hop 1 of 2 ({HUB_ARN}) refused by STS: AccessDenied; "
            "account 111122223333 must let arn:aws:iam::111122223333:role/etl assume it (trust policy), "
            "or account 111122223333 must allow sts:AssumeRole on it; retry after 12:00:30 UTC",
        ),
        (
            "reader",
            "AccessDenied",
            NOT_TAGGING,
            f"role partner: hop 2 of 2 ({READER_ARN}) refused by STS: AccessDenied; "
            f"account 444455556666 must let {HUB_ARN} call sts:TagSession on it (trust policy), "
            "or account 111122223333 must allow sts:TagSession on it; retry after 12:00:30 UTC\n" + NOT_TAGGING,
        ),
        (
            "hub",
            "ExpiredToken",
            "",
            f"role partner: hop 1 of 2 ({HUB_ARN}) refused by STS: ExpiredToken; the credentials of "
            "arn:aws:iam::111122223333:role/etl that signed the call are expired or revoked; retry after 12:00:30 UTC",
        ),
        (
            "reader",
            "RegionDisabledException",
            "",
            f"role partner: hop 2 of 2 ({READER_ARN}) refused by STS: RegionDisabledException; "
            "account 444455556666 must activate STS in the Region of sts.region; retry after 12:00:30 UTC",
        ),
        (
            "reader",
            "PackedPolicyTooLarge",
            "",
            f"role partner: hop 2 of 2 ({READER_ARN}) refused by STS: PackedPolicyTooLarge; "
            "shorten session_policy or tags of role partner; retry after 12:00:30 UTC",
        ),
        (
            "reader",
            "ValidationError",
            TOO_LONG,
            f"role partner: hop 2 of 2 ({READER_ARN}) refused by STS: ValidationError; shorten duration of role partner, "
            f"or account 444455556666 must raise the role's MaxSessionDuration; retry after 12:00:30 UTC\n{TOO_LONG}",
        ),
        (
            "reader",
            "ValidationError",
            TOO_LONG_CHAINED,
            f"role partner: hop 2 of 2 ({READER_ARN}) refused by STS: ValidationError; shorten duration of role partner; "
            f"retry after 12:00:30 UTC\n{TOO_LONG_CHAINED}",
        ),
        (
            "hub",
            "SignatureDoesNotMatch",
            "Signature expired: 1 is now earlier than 2",
            f"role partner: hop 1 of 2 ({HUB_ARN}) refused by STS: SignatureDoesNotMatch; set the clock of this host: STS "
            "refuses requests whose time is minutes off; retry after 12:00:30 UTC\n"
            "Signature expired: 1 is now earlier than 2",
        ),
        (
            "reader",
            "MalformedPolicyDocument",
            "Syntax errors",
            f"role partner: hop 2 of 2 ({READER_ARN}) refused by STS: MalformedPolicyDocument; "
            "retry after 12:00:30 UTC\nSyntax errors",
        ),
    ],
)
def test_a_refused_hop_says_who_must_change_what(sts, clock, refused, code, sts_message, message):
    sts.refuse(refused, code, sts_message)
    error = failure(sessions(sts, clock))
    assert str(error) == message
    assert (error.kind, error.code) == ("DENIED", code)


def test_without_base_arn_the_base_identity_is_not_named(sts, clock):
    sts.refuse("hub", "AccessDenied")
    assert text_of(sessions(sts, clock, base={"kind": "env"})) == (
        f"role partner: hop 1 of 2 ({HUB_ARN}) refused by STS: AccessDenied; "
        "account 111122223333 must let the base identity assume it (trust policy), "
        "or the account of the base identity must allow sts:AssumeRole on it; retry after 12:00:30 UTC"
    )
    assert sts.actions("GetCallerIdentity") == []


def test_a_client_of_s3_names_the_bucket(sts, clock):
    sts.refuse("reader", "AccessDenied")
    role_sessions = sessions(sts, clock)
    with FakeS3() as s3:
        for arguments in ({"uri": "s3a://partner-data/x"}, {"role": "partner"}):
            with pytest.raises(
                RoleSessionError,
                match=r"^bucket partner-data: hop 2 of 2 \(arn:aws:iam::444455556666:role/reader\) refused by STS: AccessDenied; ",
            ):
                role_sessions.client("s3", endpoint_url=s3.url, **arguments).head_object(Bucket="partner-data", Key="x")
        assert s3.requests == []


def test_a_throttled_hop_is_asked_a_bounded_number_of_times(sts, clock, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "10")
    sts.refuse("reader", "Throttling", "Rate exceeded", status=400)
    role_sessions = sessions(sts, clock)
    for _ in range(50):
        error = failure(role_sessions)
    assert str(error).startswith(
        f"role partner: hop 2 of 2 ({READER_ARN}): STS throttled (Throttling) after 3 attempts; retry after 12:00:0"
    )
    assert str(error).endswith(" UTC\nRate exceeded")
    assert (error.kind, error.code) == ("THROTTLED", "Throttling")
    assert sts.assumed() == ["hub", "reader", "reader", "reader"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(407, "ProxyAuthentication"), (408, "RequestTimeout"), (500, "InternalFailure"), (503, "ServiceUnavailable")],
)
def test_an_sts_that_fails_is_unreachable(sts, clock, status, code):
    sts.refuse("hub", code, status=status)
    error = failure(sessions(sts, clock))
    assert str(error).startswith(
        f"role partner: hop 1 of 2 ({HUB_ARN}): STS at {sts.url} answered {status} ({code}); retry after 12:00:"
    )
    assert error.kind == "UNREACHABLE"


def test_an_sts_that_is_not_there_is_unreachable(clock):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        error = failure(sessions(endpoint, clock, base={"kind": "env"}))
    first = str(error).split("; retry after")[0]
    assert first == (
        f"role partner: hop 1 of 2 ({HUB_ARN}): STS at {endpoint} cannot be reached: "
        "Failed to establish a new connection: [Errno 111] Connection refused"
    )
    assert error.kind == "UNREACHABLE"


def test_something_else_at_the_address_of_sts_is_unreachable(clock):
    with FakeS3() as other:
        error = failure(sessions(other.url, clock, base={"kind": "env"}))
    assert str(error).startswith(f"role partner: hop 1 of 2 ({HUB_ARN}): STS at {other.url} cannot be reached: ")


def test_a_denial_is_remembered_for_30_60_and_120_seconds(sts, clock):
    sts.refuse("reader", "AccessDenied")
    role_sessions = sessions(sts, clock)
    for passed, calls, retry_after in [
        (0, 1, "12:00:30"),
        (29, 1, "12:00:30"),
        (2, 2, "12:01:31"),
        (60, 3, "12:03:31"),
        (120, 4, "12:05:31"),
        (120, 5, "12:07:31"),
    ]:
        clock.pass_seconds(passed)
        for _ in range(3):
            assert text_of(role_sessions).endswith(f"; retry after {retry_after} UTC")
        assert sts.assumed().count("reader") == calls


def test_a_role_works_again_once_it_is_allowed(sts, clock):
    sts.refuse("hub", "AccessDenied")
    role_sessions = sessions(sts, clock)
    text_of(role_sessions, "partner")
    assert text_of(role_sessions, "finance").startswith(
        f"role finance: hop 1 of 2 ({HUB_ARN}) refused by STS: AccessDenied; "
    )
    assert sts.assumed() == ["hub"]
    sts.allow("hub")
    clock.pass_seconds(31)
    for name in ("partner", "finance"):
        role_sessions.session(name).get_credentials().get_frozen_credentials()
    assert sts.assumed() == ["hub", "hub", "reader", "finance"]


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("Throttling", 400), ("InternalFailure", 500)])
def test_a_valid_session_serves_on_through_failures_until_its_end(sts, clock, caplog, code, status):
    role_sessions = sessions(sts, clock)
    credentials = role_sessions.session("partner").get_credentials()
    first = credentials.get_frozen_credentials()
    sts.refuse("reader", code, status=status)
    clock.pass_seconds(3_000)
    for _ in range(599):
        assert credentials.get_frozen_credentials() == first
        clock.pass_seconds(1)
    clock.pass_seconds(60)
    assert f"hop 2 of 2 ({READER_ARN})" in text_of(role_sessions)
    # One attempt a minute at most for a denial; after throttling and outages 1 to 60 s.
    assert sts.assumed().count("reader") <= (13 if code == "AccessDenied" else 140)
    lines = [record.getMessage() for record in caplog.records if record.name == "spark_xacct.aws"]
    assert lines
    for line in lines:
        assert line.startswith(f"plan {role_sessions.plan.id}: role partner: hop 2 of 2 ({READER_ARN})")
        assert line.endswith("; the session in use ends at 2026-03-01 13:00:00+00:00")
    sts.allow("reader")
    clock.pass_seconds(130)
    assert credentials.get_frozen_credentials() != first


@pytest.mark.parametrize(
    ("reference", "environment", "problem"),
    [
        (
            {"env": "PARTNER_EXTERNAL_ID"},
            {},
            f"environment variable PARTNER_EXTERNAL_ID is not set on host {HOST}; set it there, or use external_id: {{file: PATH}}",
        ),
        (
            {"env": "PARTNER_EXTERNAL_ID"},
            {"PARTNER_EXTERNAL_ID": ""},
            f"environment variable PARTNER_EXTERNAL_ID is not set on host {HOST}; set it there, or use external_id: {{file: PATH}}",
        ),
        (
            {"env": "PARTNER_EXTERNAL_ID"},
            {"PARTNER_EXTERNAL_ID": " \n"},
            f"environment variable PARTNER_EXTERNAL_ID is not set on host {HOST}; set it there, or use external_id: {{file: PATH}}",
        ),
        (
            {"file": "/dev/null"},
            {},
            f"file /dev/null is empty on host {HOST}; write it there",
        ),
        (
            {"file": "/nowhere/external-id"},
            {},
            f"file /nowhere/external-id cannot be read on host {HOST}; put it there",
        ),
    ],
)
def test_an_external_id_that_does_not_resolve(sts, clock, reference, environment, problem):
    role_sessions = sessions(
        sts,
        clock,
        environment,
        roles=dict(document(None)["roles"], partner=role(READER_ARN, via="hub", ExternalId=reference)),
    )
    error = failure(role_sessions)
    assert str(error) == f"role partner: hop 2 of 2 ({READER_ARN}): the external id cannot be resolved: {problem}"
    assert error.kind == "PLAN"
    assert "reader" not in sts.assumed()


def test_a_refused_role_with_an_external_id_may_have_the_wrong_one(sts, clock):
    sts.refuse("reader", "AccessDenied")
    roles = dict(document(None)["roles"], partner=role(READER_ARN, via="hub", ExternalId="e-1"))
    assert text_of(sessions(sts, clock, roles=roles)).endswith(
        "or account 111122223333 must allow sts:AssumeRole on it; STS gives the same answer to a wrong external id; "
        "retry after 12:00:30 UTC"
    )


def test_an_external_id_that_appears_later_is_read(sts, clock, tmp_path):
    file = tmp_path / "external-id"
    reference = {"file": str(file)}
    role_sessions = sessions(
        sts, clock, roles=dict(document(None)["roles"], partner=role(READER_ARN, via="hub", ExternalId=reference))
    )
    text_of(role_sessions)
    file.write_text("PLANTED-EXTERNAL-ID\n")
    role_sessions.session("partner").get_credentials().get_frozen_credentials()
    assert sts.actions()[-1]["ExternalId"] == "PLANTED-EXTERNAL-ID"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("x", "Parameter validation failed:\nInvalid length for parameter ExternalId, value: 1, valid min length: 2"),
        ("PLANTED id", "ExternalId has characters that STS refuses (pattern [\\w+=,.@:\\/-]*)"),
        ("P" * 1225, "ExternalId has 1225 characters, STS takes 1224"),
    ],
)
def test_a_value_that_sts_would_refuse_is_not_sent(sts, clock, value, problem):
    partner = role(READER_ARN, via="hub", ExternalId={"env": "PARTNER_EXTERNAL_ID"})
    role_sessions = sessions(
        sts, clock, {"PARTNER_EXTERNAL_ID": value}, roles=dict(document(None)["roles"], partner=partner)
    )
    assert text_of(role_sessions) == (
        f"role partner: hop 2 of 2 ({READER_ARN}): STS would refuse the request: {problem}; correct the declaration"
    )
    assert "reader" not in sts.assumed()


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (
            "PolicyArns",
            ["arn:x"],
            "Parameter validation failed:\nInvalid length for parameter PolicyArns[0].arn, value: 5, valid min length: 20",
        ),
        ("PolicyArns", ["arn:aws:iam::aws:policy/" + "p" * 2048], "PolicyArns.arn has 2072 characters, STS takes 2048"),
    ],
)
def test_a_role_that_sts_would_refuse_fails_where_it_is_asked_for(sts, clock, field, value, problem):
    partner = role(READER_ARN, via="hub", **{field: value})
    role_sessions = sessions(sts, clock, roles=dict(document(None)["roles"], partner=partner))
    with pytest.raises(RoleSessionError) as refused:
        role_sessions.client("sqs", role="partner")
    assert str(refused.value) == (
        f"role partner: hop 2 of 2 ({READER_ARN}): STS would refuse the request: {problem}; correct the declaration"
    )
    assert sts.calls == []
