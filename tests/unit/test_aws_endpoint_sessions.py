"""Role sessions of Python beside a JVM: they come from its endpoint, and from nowhere else while it is there."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fakes.endpoint import FakeEndpoint
from fakes.plans import ENVIRONMENT, plan
from fakes.s3 import FakeS3
from fakes.sts import BASE_KEY, FakeSts

from spark_xacct import aws, keys
from spark_xacct.aws import RoleSessions, activate, current, deactivate, sessions_of
from spark_xacct.aws import endpoint as endpoints
from spark_xacct.errors import PlanError, RoleSessionError
from spark_xacct.version import __version__


@pytest.fixture
def sts():
    with FakeSts() as fake:
        yield fake


@pytest.fixture
def jvm(tmp_path, sts):
    with FakeEndpoint(tmp_path / "endpoint", plan(sts.url)) as fake:
        yield fake


@pytest.fixture(autouse=True)
def nothing_in_force(monkeypatch):
    for name in ("SPARK_XACCT_ENDPOINT", "SPARK_XACCT_PLAN", "SPARK_XACCT_RUN", "SPARK_XACCT_USER"):
        monkeypatch.delenv(name, raising=False)
    deactivate()
    yield
    deactivate()


def in_worker(sts: FakeSts, jvm: FakeEndpoint, now: Any = None, **more: Any) -> RoleSessions:
    return RoleSessions(plan(sts.url, **more), dict(ENVIRONMENT, **jvm.environment), "run-1", "ana", now)


def on_driver(sts: FakeSts, jvm: FakeEndpoint, now: Any = None, **more: Any) -> RoleSessions:
    found = endpoints.find(jvm.environment)
    return RoleSessions(plan(sts.url, **more), ENVIRONMENT, "run-1", "ana", now, found)


def key_of(role_sessions: RoleSessions, role: str = "partner") -> str:
    return role_sessions.session(role).get_credentials().get_frozen_credentials().access_key


@pytest.mark.parametrize("made", [in_worker, on_driver])
def test_roles_come_from_the_jvm_and_cost_no_call_of_sts(sts, jvm, made):
    role_sessions = made(sts, jvm)
    for _ in range(3):
        assert [key_of(role_sessions, role) for role in ("partner", "finance")] == ["ASIAPARTNER1", "ASIAFINANCE2"]
    assert jvm.asked() == ["partner", "finance"]
    assert sts.calls == []


@pytest.mark.parametrize("made", [in_worker, on_driver])
def test_the_base_identity_stays_this_process_s_own(sts, jvm, made):
    with FakeS3() as s3:
        made(sts, jvm).client("s3", uri="s3a://scratch/x", endpoint_url=s3.url).head_object(Bucket="scratch", Key="x")
        assert s3.requests[0].signer == BASE_KEY
    assert jvm.requests == []


def test_a_base_identity_that_python_cannot_be_is_no_matter_beside_a_jvm(sts, jvm):
    jvm_plan = plan(sts.url, base={"kind": "class", "v2": "com.example.Provider"})
    jvm.describe(plan=jvm_plan.id, plan_text=jvm_plan.text)
    assert key_of(RoleSessions(jvm_plan, jvm.environment)) == "ASIAPARTNER1"


@pytest.mark.parametrize("made", [in_worker, on_driver])
def test_the_endpoint_of_another_plan_is_left_alone(sts, jvm, made):
    assert key_of(made(sts, jvm, otherwise="@deny")) == "ASIAREADER2"
    assert jvm.requests == []


@pytest.mark.parametrize(
    ("life", "passed", "asked"), [(3_600, 2_600, 1), (3_600, 2_800, 2), (600, 200, 1), (600, 400, 2)]
)
def test_sessions_are_asked_for_again_in_time(sts, jvm, life, passed, asked):
    ahead = timedelta()

    def now() -> datetime:
        return datetime.now(timezone.utc) + ahead

    jvm.now, jvm.life = now, life
    role_sessions = in_worker(sts, jvm, now)
    key_of(role_sessions)
    ahead = timedelta(seconds=passed)
    for _ in range(5):
        key_of(role_sessions)
    assert len(jvm.requests) == asked


@pytest.mark.parametrize("made", [in_worker, on_driver])
def test_a_failure_of_the_jvm_is_a_failure_here_and_never_another_identity(sts, jvm, made):
    jvm.fail(
        "partner",
        kind="DENIED",
        role="partner",
        problem="refused by STS: AccessDenied",
        stsMessage="no",
        hop__role="hub",
        hop__number=1,
        hop__hops=2,
        hop__arn="arn:aws:iam::111122223333:role/hub",
        retryInMillis=60_000,
    )
    role_sessions = made(sts, jvm)
    for _ in range(3):
        with pytest.raises(RoleSessionError) as refused:
            key_of(role_sessions)
        first, second = str(refused.value).splitlines()
        assert first.startswith(
            "role partner: hop 1 of 2 (arn:aws:iam::111122223333:role/hub) refused by STS: AccessDenied; retry after "
        )
        assert (second, refused.value.kind) == ("no", "DENIED")
    assert len(jvm.requests) == 1
    assert sts.calls == []


def test_a_dead_endpoint_is_an_error_in_a_worker(sts, jvm):
    role_sessions = in_worker(sts, jvm)
    credentials = role_sessions.session("partner").get_credentials()
    jvm.remove()
    with pytest.raises(RoleSessionError) as gone:
        credentials.get_frozen_credentials()
    assert str(gone.value).startswith(
        f"role partner: the credentials endpoint in {jvm.folder} (SPARK_XACCT_ENDPOINT) on host {socket.gethostname()} is "
        "gone: its JVM has ended or its SparkContext was stopped; ask for role sessions while the application runs; retry after "
    )
    with pytest.raises(RoleSessionError, match="is gone: its JVM has ended"):
        in_worker(sts, jvm).session("partner")
    assert sts.calls == []


def test_a_folder_that_is_not_believed_is_an_error_and_sts_is_not_asked(sts, jvm):
    jvm.folder.chmod(0o755)
    with pytest.raises(RoleSessionError, match=r"^role partner: the credentials endpoint in .* is open to other users"):
        in_worker(sts, jvm).session("partner")
    assert sts.calls == []


def end_of_server(jvm: FakeEndpoint) -> None:
    jvm.close()


def end_of_jvm(jvm: FakeEndpoint) -> None:
    jvm.remove()


@pytest.mark.parametrize("end", [end_of_server, end_of_jvm])
def test_the_driver_asks_sts_again_when_the_endpoint_is_gone(sts, jvm, end):
    now = [datetime.now(timezone.utc)]
    role_sessions = on_driver(sts, jvm, lambda: now[0])
    sts.now = lambda: now[0]
    assert key_of(role_sessions) == "ASIAPARTNER1"
    end(jvm)
    assert key_of(role_sessions) == "ASIAPARTNER1"
    now[0] += timedelta(seconds=3_000)
    assert key_of(role_sessions) == "ASIAREADER2"
    assert sts.assumed() == ["hub", "reader"]
    assert sts.actions()[0]["RoleSessionName"] == "xacct-run-1"


def test_a_child_process_goes_on_with_the_session_and_asks_for_the_next(sts, jvm):
    ahead = timedelta()

    def now() -> datetime:
        return datetime.now(timezone.utc) + ahead

    jvm.now = now
    role_sessions = in_worker(sts, jvm, now)
    key_of(role_sessions)
    role_sessions._lock.acquire()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            before = key_of(role_sessions)
            ahead = timedelta(seconds=3_000)
            os.write(writing, json.dumps([before, key_of(role_sessions), key_of(role_sessions, "finance")]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert json.loads(pipe.read()) == ["ASIAPARTNER1", "ASIAPARTNER2", "ASIAFINANCE3"]
    os.waitpid(child, 0)
    assert sts.calls == []


def test_nothing_secret_of_an_endpoint_is_printed_or_pickled(sts, jvm, caplog):
    caplog.set_level("DEBUG", logger="spark_xacct")
    role_sessions = in_worker(sts, jvm)
    session = role_sessions.session("partner")
    key_of(role_sessions)
    texts = [repr(role_sessions), repr(session), caplog.text]
    texts += [pickle.dumps(entry).decode("latin-1") for entry in (role_sessions, session)]
    assert [text for text in texts if "PLANTED" in text or jvm.description["roles"]["partner"]["path"] in text] == []
    assert f"plan {role_sessions.plan.id}: role sessions come from the endpoint in {jvm.folder}" in caplog.text


def test_the_plan_of_a_worker_is_that_of_its_jvm(monkeypatch, sts, jvm):
    monkeypatch.setenv("SPARK_XACCT_PLAN", plan(None, otherwise="@deny").text)
    monkeypatch.setenv("SPARK_XACCT_ENDPOINT", str(jvm.folder))
    assert current().plan.id == plan(sts.url).id
    assert (current().run, current().user) == ("run-jvm", "ana")
    assert current() is current()
    assert key_of(current()) == "ASIAPARTNER1"


def test_what_travels_to_a_worker_is_served_by_the_endpoint_there(monkeypatch, sts, jvm):
    session = RoleSessions(plan(sts.url), ENVIRONMENT, "run-of-driver", "ana").session("finance")
    travelling = pickle.dumps(session)
    monkeypatch.setenv("SPARK_XACCT_ENDPOINT", str(jvm.folder))
    arrived = pickle.loads(travelling)
    assert arrived.get_credentials().get_frozen_credentials().access_key == "ASIAFINANCE1"
    assert sts.calls == []


def test_what_was_activated_comes_before_the_endpoint(monkeypatch, sts, jvm):
    monkeypatch.setenv("SPARK_XACCT_ENDPOINT", str(jvm.folder))
    started = RoleSessions(plan(None, otherwise="@deny"), {}, "r", "u")
    activate(started)
    assert current() is started


def test_an_endpoint_that_cannot_be_read_is_an_error_whatever_else_is_there(monkeypatch, sts, jvm):
    monkeypatch.setenv("SPARK_XACCT_PLAN", plan(sts.url).text)
    monkeypatch.setenv("SPARK_XACCT_ENDPOINT", str(jvm.folder))
    jvm.folder.chmod(0o701)
    with pytest.raises(RoleSessionError, match="is open to other users"):
        current()


def test_a_plan_that_reads_differently_here_means_that_jar_and_package_differ(monkeypatch, sts, jvm):
    monkeypatch.setenv("SPARK_XACCT_ENDPOINT", str(jvm.folder))
    jvm.describe(plan="0123456789ab")
    with pytest.raises(RoleSessionError) as refused:
        current()
    assert str(refused.value) == (
        f"the jar and the Python package differ: the plan in {jvm.folder} is {plan(sts.url).id} to spark-xacct {__version__} "
        f"on host {socket.gethostname()}, and 0123456789ab to the jar (0.1.0); install the package of the jar's version there"
    )
    jvm.describe(plan_text="z1:cut")
    with pytest.raises(PlanError):
        current()


def test_the_driver_s_sessions_are_found_again_with_their_endpoint(sts, jvm):
    declared = plan(sts.url, sts={"region": "us-east-2", "endpoint": sts.url})
    before = sessions_of(declared, "r", "u")
    jvm.describe(plan=declared.id, plan_text=declared.text)
    found = endpoints.find(jvm.environment)
    started = sessions_of(declared, "r", "u", endpoint=found)
    assert started is not before
    assert sessions_of(declared, "r", "u") is started is sessions_of(declared, "r", "u", endpoint=found)
    assert pickle.loads(pickle.dumps(started)) is started
    assert aws.in_force(declared) is None


def test_the_variable_is_the_one_of_the_jvm():
    assert keys.ENDPOINT_ENVIRONMENT == "SPARK_XACCT_ENDPOINT"
