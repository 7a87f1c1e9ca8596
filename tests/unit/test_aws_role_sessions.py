"""Role sessions of Python: one AssumeRole a hop, whatever is built on them."""

from __future__ import annotations

import json
import os
import pickle
import signal
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from fakes.plans import ENVIRONMENT, document, plan
from fakes.s3 import FakeS3
from fakes.sts import BASE_KEY, FakeSts

from spark_xacct.aws import RoleSessions
from spark_xacct.errors import RoleSessionError, UndeclaredError
from spark_xacct.plan import decode

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sts_requests.json").read_text(encoding="utf-8"))


@pytest.fixture
def sts():
    with FakeSts() as fake:
        yield fake


@pytest.fixture
def s3():
    with FakeS3() as fake:
        yield fake


class Clock:
    """Real time plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(timezone.utc) + self.ahead

    def pass_seconds(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


def sessions(sts: FakeSts, clock: Any = None, environment: dict[str, str] | None = None, **more: Any) -> RoleSessions:
    return RoleSessions(plan(sts.url, **more), dict(ENVIRONMENT, **(environment or {})), "run-1", "ana", clock)


def key_of(role_sessions: RoleSessions, role: str) -> str:
    return role_sessions.session(role).get_credentials().get_frozen_credentials().access_key


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_requests_are_on_the_wire_as_the_jvm_sends_them(vector, sts, tmp_path):
    for name, content in vector.get("files", {}).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    content = json.loads(json.dumps(vector["plan"]).replace("@DIRECTORY@", str(tmp_path)))
    content["sts"]["endpoint"] = sts.url
    environment = dict(ENVIRONMENT, **vector.get("environment", {}))

    key_of(RoleSessions(decode(json.dumps(content)), environment, vector["run"], vector["user"]), vector["role"])

    assert sts.actions() == [request["form"] for request in vector["requests"]]
    signers = [BASE_KEY if signer == BASE_KEY else sts.arns[str(signer)].split("/")[1] for signer in sts.signers]
    roles = {name: value["RoleArn"].rsplit("/", 1)[-1] for name, value in content["roles"].items()}
    assert signers == [roles.get(request["signer"], BASE_KEY) for request in vector["requests"]]


def test_tags_go_in_one_order_whatever_the_declaration_has():
    from spark_xacct.aws.assume_role import parameters
    from spark_xacct.model import Arn, Role

    role = Role("partner", Arn.parse_role("arn:aws:iam::444455556666:role/reader"), tags=(("team", "ads"), ("env", "")))
    assert parameters(role, "run-1", "ana")["Tags"] == [{"Key": "env", "Value": ""}, {"Key": "team", "Value": "ads"}]


def test_every_client_of_a_role_shares_one_session(sts, s3):
    role_sessions = sessions(sts)
    for service in ("s3", "sqs", "sns"):
        for region in ("eu-west-1", "us-east-1"):
            role_sessions.client(service, role="partner", region_name=region, endpoint_url=s3.url)
    for client in (
        role_sessions.client("s3", role="partner", endpoint_url=s3.url),
        role_sessions.client("s3", uri="s3a://partner-out/x", endpoint_url=s3.url),
        role_sessions.boto3_session(uri="s3a://partner-data/").client("s3", endpoint_url=s3.url),
    ):
        client.head_object(Bucket="partner-data", Key="x")
    assert sts.assumed() == ["hub", "reader"]
    assert {request.signer for request in s3.requests} == {"ASIAREADER2"}


def test_roles_behind_one_hub_share_its_session(sts):
    role_sessions = sessions(sts)
    assert [key_of(role_sessions, role) for role in ("partner", "finance")] == ["ASIAREADER2", "ASIAFINANCE3"]
    assert sts.assumed() == ["hub", "reader", "finance"]
    assert len(sts.actions("GetCallerIdentity")) == 1


def test_nothing_is_asked_of_sts_before_a_request_is_signed(sts):
    role_sessions = sessions(sts)
    role_sessions.client("s3", role="partner")
    role_sessions.session("finance")
    assert sts.calls == []


def test_twenty_threads_cause_one_call_a_hop(sts):
    sts.delay = 0.2
    role_sessions = sessions(sts)
    keys: list[str] = []
    start = threading.Barrier(20)

    def ask() -> None:
        start.wait()
        keys.append(key_of(role_sessions, "partner"))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert keys == ["ASIAREADER2"] * 20
    assert sts.assumed() == ["hub", "reader"]


def test_three_values_always_come_from_one_session(sts):
    clock = Clock()
    credentials = sessions(sts, clock).session("partner").get_credentials()
    mixed: list[Any] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            frozen = credentials.get_frozen_credentials()
            if not (frozen.secret_key.endswith(frozen.access_key) and frozen.token.endswith(frozen.access_key)):
                mixed.append(frozen)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        clock.pass_seconds(2_000)
        credentials.get_frozen_credentials()
    stop.set()
    for thread in threads:
        thread.join(30)
    assert mixed == []
    assert len(sts.assumed()) > 10


@pytest.mark.parametrize(
    ("life", "passed", "calls"),
    [
        (3600, 2_600, 2),  # more than 15 minutes left
        (3600, 2_800, 4),  # fewer
        (900, 400, 2),  # botocore alone would ask at every request of a 900 s session
        (900, 500, 4),
        (8, 3, 2),
        (8, 5, 4),
        (3600, 4_000, 4),
    ],
)
def test_sessions_are_refreshed_in_their_second_half_with_15_minutes_left(sts, life, passed, calls):
    clock = Clock()
    sts.life, sts.now = life, clock
    role_sessions = sessions(sts, clock)
    key_of(role_sessions, "partner")
    clock.pass_seconds(passed)
    for _ in range(5):
        key_of(role_sessions, "partner")
    assert len(sts.assumed()) == calls


def test_others_go_on_with_the_old_session_while_one_refreshes(sts):
    clock = Clock()
    sts.now = clock
    role_sessions = sessions(sts, clock)
    old = key_of(role_sessions, "partner")
    clock.pass_seconds(3_000)
    sts.delay = 1.0
    refreshing = threading.Thread(target=key_of, args=(role_sessions, "partner"))
    refreshing.start()
    while len(sts.calls) < 4:
        pass
    assert key_of(role_sessions, "partner") == old
    assert refreshing.is_alive()
    refreshing.join(30)
    assert key_of(role_sessions, "partner") != old


def test_a_clock_that_is_ahead_does_not_refresh_for_ever(sts, caplog):
    sts.clock_ahead = 7_200
    role_sessions = sessions(sts)
    for _ in range(5):
        key_of(role_sessions, "partner")
    assert sts.assumed() == ["hub", "reader"]
    lines = [record.getMessage() for record in caplog.records if record.name == "spark_xacct.aws"]
    assert len(lines) == 2
    for line, name in zip(lines, ("hub", "partner"), strict=True):
        assert line.startswith(f"plan {role_sessions.plan.id}: role {name}: STS says that a new session ends at ")
        assert line.endswith(" here: this machine's clock is wrong")


def test_a_session_ends_after_the_life_asked_for_where_the_clock_is_behind(sts):
    sts.clock_ahead = -7_200
    clock = Clock()
    role_sessions = sessions(sts, clock)
    key_of(role_sessions, "partner")
    clock.pass_seconds(3_000)
    key_of(role_sessions, "partner")
    assert sts.assumed() == ["hub", "reader", "hub", "reader"]


def test_a_child_process_uses_the_session_of_its_parent_and_refreshes_it(sts, s3):
    clock = Clock()
    sts.now = clock
    role_sessions = sessions(sts, clock)
    client = role_sessions.client("s3", role="partner", endpoint_url=s3.url)
    key_of(role_sessions, "partner")
    credentials = role_sessions.session("partner").get_credentials()
    # As if other threads were in the middle of something when the process forked.
    credentials._refresh_lock.acquire()
    acquired = threading.Thread(target=role_sessions._lock.acquire)
    acquired.start()
    acquired.join()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that waits for a lock of its parent would wait for ever
        try:
            fresh = role_sessions.client("s3", role="partner", endpoint_url=s3.url)
            fresh.head_object(Bucket="partner-data", Key="x")
            inherited = key_of(role_sessions, "partner")
            clock.pass_seconds(3_000)
            refreshed = key_of(role_sessions, "partner") != inherited
            os.write(writing, json.dumps([inherited, refreshed, fresh is not client]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert json.loads(pipe.read()) == ["ASIAREADER2", True, True]
    os.waitpid(child, 0)
    assert sts.assumed() == ["hub", "reader"] * 2
    assert [request.signer for request in s3.requests] == ["ASIAREADER2"]


@pytest.mark.parametrize(
    ("arguments", "again", "same"),
    [
        ({"service": "sqs", "role": "partner"}, {"service": "sqs", "role": "partner"}, True),
        ({"service": "sqs", "role": "partner"}, {"service": "sqs", "role": "finance"}, False),
        ({"service": "sqs", "role": "partner"}, {"service": "sns", "role": "partner"}, False),
        ({"service": "s3", "role": "partner"}, {"service": "s3", "uri": "s3a://partner-data/x"}, True),
        ({"service": "s3", "role": "partner"}, {"service": "s3", "uri": "s3a://partner-out/x"}, False),
        ({"service": "s3", "role": "partner", "verify": False}, {"service": "s3", "role": "partner"}, False),
    ],
)
def test_the_same_arguments_give_the_same_client(sts, arguments, again, same):
    role_sessions = sessions(sts)
    assert (role_sessions.client(**arguments) is role_sessions.client(**again)) is same


def test_equal_botocore_configurations_give_the_same_client(sts):
    from botocore.config import Config

    role_sessions = sessions(sts)
    three = [role_sessions.client("sqs", role="partner", config=Config(read_timeout=seconds)) for seconds in (9, 9, 8)]
    assert [client is three[0] for client in three] == [True, True, False]
    assert [client.meta.config.read_timeout for client in three] == [9, 9, 8]


def test_boto3_makes_one_client_at_a_time(sts, monkeypatch):
    import boto3

    inside: list[int] = []
    overlaps: list[int] = []

    def slow_client(*_: Any, **__: Any) -> object:
        inside.append(1)
        overlaps.extend([1] * (len(inside) - 1))
        time.sleep(0.02)
        inside.pop()
        return object()

    monkeypatch.setattr(boto3.Session, "client", slow_client)
    monkeypatch.setattr(boto3.Session, "resource", slow_client)
    session = sessions(sts).session("partner")
    threads = [threading.Thread(target=make, args=("s3",)) for make in (session.client, session.resource) * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert overlaps == []


@pytest.mark.parametrize(
    ("arguments", "environment", "region"),
    [
        ({"role": "partner"}, {}, "eu-west-1"),
        ({"role": "partner"}, {"AWS_DEFAULT_REGION": "sa-east-1"}, "sa-east-1"),
        ({"role": "partner"}, {"AWS_DEFAULT_REGION": "sa-east-1", "AWS_REGION": "ap-south-1"}, "ap-south-1"),
        ({"uri": "s3a://partner-out/x"}, {"AWS_REGION": "ap-south-1"}, "us-east-1"),
        ({"uri": "s3a://partner-data/x"}, {"AWS_REGION": "ap-south-1"}, "ap-south-1"),
        ({"uri": "s3a://partner-out/x", "region_name": "eu-north-1"}, {}, "eu-north-1"),
    ],
)
def test_region_of_a_client(sts, arguments, environment, region):
    assert sessions(sts, environment=environment).client("s3", **arguments).meta.region_name == region


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"role": "hub"},
            'role "hub" is not among python.roles; Python may ask for: finance, partner; '
            "add it to python: {roles: [...]} in the declaration (plan PLAN)",
        ),
        (
            {"role": "nobody"},
            'role "nobody" is not declared; Python may ask for: finance, partner; declare it under roles: (plan PLAN)',
        ),
        (
            {"role": "partnr"},
            'role "partnr" is not declared; Python may ask for: finance, partner; '
            'did you mean "partner"? Else declare it under roles: (plan PLAN)',
        ),
        (
            {"role": "base"},
            '"base" is the base identity and no role; ask with uri= of a bucket that it serves (plan PLAN)',
        ),
        (
            {"uri": "s3a://hub-logs/x"},
            'role "hub" is not among python.roles; Python may ask for: finance, partner; '
            "add it to python: {roles: [...]} in the declaration (plan PLAN)",
        ),
        (
            {"uri": "s3a://stranger/x"},
            "bucket stranger is not declared; otherwise: platform leaves it to the platform's settings; "
            "add it to buckets: or own: in the declaration (plan PLAN)",
        ),
        (
            {},
            "client() was given neither role= nor uri=, and the declaration has no python.default_role (plan PLAN)",
        ),
    ],
)
def test_what_is_not_declared_for_python_is_refused(sts, arguments, message):
    role_sessions = sessions(sts)
    with pytest.raises(UndeclaredError) as refused:
        role_sessions.client("s3", **arguments)
    assert str(refused.value) == message.replace("PLAN", role_sessions.plan.id)
    assert refused.value.kind == "UNDECLARED"
    assert sts.calls == []


def test_undeclared_under_deny_has_the_reason_of_the_decision(sts):
    role_sessions = sessions(sts, otherwise="@deny")
    with pytest.raises(UndeclaredError, match=r"^bucket stranger is not declared; otherwise: deny refuses it; add"):
        role_sessions.session_for("s3a://stranger/x")


def test_without_role_or_uri_the_default_role_is_meant(sts):
    role_sessions = sessions(sts, python={"roles": ["partner"], "default_role": "partner"})
    assert role_sessions.boto3_session() is role_sessions.session("partner")
    assert role_sessions.client("sqs") is role_sessions.client("sqs", role="partner")


@pytest.mark.parametrize(
    "arguments",
    [{"role": "partner", "uri": "s3a://partner-data/"}, {"role": "partner", "aws_access_key_id": "AKIAOTHER"}],
)
def test_arguments_that_contradict_each_other(sts, arguments):
    with pytest.raises(TypeError):
        sessions(sts).client("s3", **arguments)


@pytest.mark.parametrize("uri", ["s3a://scratch/x", "s3://corp-logs/x"])
def test_base_bindings_and_own_buckets_are_served_by_the_base_identity(sts, s3, uri):
    sessions(sts).client("s3", uri=uri, endpoint_url=s3.url).head_object(Bucket="scratch", Key="x")
    assert s3.requests[0].signer == BASE_KEY
    assert sts.assumed() == []


def test_two_plans_of_one_process_are_kept_apart(sts):
    one = sessions(sts)
    other = sessions(sts, roles=dict(document(sts.url)["roles"], partner=document(sts.url)["roles"]["finance"]))
    assert one.plan.id != other.plan.id
    assert [key_of(one, "partner"), key_of(other, "partner")] == ["ASIAREADER2", "ASIAFINANCE4"]


def test_texts_and_pickles_hold_no_secret(sts, s3, caplog):
    caplog.set_level("DEBUG", logger="spark_xacct")
    role_sessions = sessions(sts)
    session = role_sessions.session("partner")
    key_of(role_sessions, "partner")
    base = role_sessions.session_for("s3a://scratch/")
    base.get_credentials().get_frozen_credentials()
    texts = [
        repr(role_sessions),
        repr(session),
        repr(session.get_credentials()),
        repr(base.get_credentials()),
        caplog.text,
    ]
    texts += [pickle.dumps(role_sessions).decode("latin-1"), pickle.dumps(session).decode("latin-1")]
    assert [text for text in texts if "PLANTED" in text] == []
    assert f"plan {role_sessions.plan.id}: role partner: a new session, valid until" in caplog.text
    assert repr(session.get_credentials()) == "SessionCredentials(role partner)"


def test_a_boto3_session_pickles_to_its_plan(sts, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    session = sessions(sts).session("partner")
    travelled = pickle.loads(pickle.dumps(session))
    assert travelled.get_credentials().get_frozen_credentials().access_key == "ASIAREADER2"
    assert sts.actions()[-1]["RoleSessionName"] == "xacct-run-1"
    assert pickle.loads(pickle.dumps(session)) is travelled


@pytest.mark.parametrize("uri", ["s3a://partner-data/x", "s3a://scratch/x"])
def test_credentials_do_not_travel(sts, uri):
    credentials = sessions(sts).session_for(uri).get_credentials()
    with pytest.raises(TypeError, match="do not travel; ask for them where they are used"):
        pickle.dumps(credentials)


def test_failures_travel_as_their_text(sts):
    sts.refuse("hub", "AccessDenied", "no")
    with pytest.raises(RoleSessionError) as refused:
        key_of(sessions(sts), "partner")
    travelled = pickle.loads(pickle.dumps(refused.value))
    assert (type(travelled), str(travelled), travelled.kind) == (RoleSessionError, str(refused.value), "DENIED")
