"""Which plan code of a process runs under: what was activated, then SPARK_XACCT_PLAN, then an error."""

from __future__ import annotations

import platform
import socket
import sys

import pytest
from fakes.plans import ENVIRONMENT, plan
from fakes.sts import FakeSts

from spark_xacct.aws import RoleSessions, activate, current, deactivate, sessions_of
from spark_xacct.aws.role_sessions import run_id, user_name
from spark_xacct.errors import MissingDependencyError, RoleSessionError


@pytest.fixture(autouse=True)
def nothing_in_force(monkeypatch):
    for name in ("SPARK_XACCT_PLAN", "SPARK_XACCT_RUN", "SPARK_XACCT_USER"):
        monkeypatch.delenv(name, raising=False)
    deactivate()
    yield
    deactivate()


def test_no_plan_here():
    with pytest.raises(RoleSessionError) as refused:
        current()
    assert str(refused.value) == (
        "no plan here: SPARK_XACCT_PLAN is not set in the environment of this process "
        f"(host {socket.gethostname()}, Python {platform.python_version()}) and none was started in it; on the driver call "
        "spark_xacct.start(builder, file), for workers copy the lines that spark-xacct render spark-submit prints"
    )
    assert refused.value.kind == "PLAN"


def test_the_plan_of_the_environment_in_all_its_parts(monkeypatch):
    buckets = {f"partner-data-{number}-{hash(number * 7919)}": "partner" for number in range(400)}
    declared = plan(None, buckets=buckets)
    assert len(declared.environment()) > 1
    for name, value in declared.environment():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SPARK_XACCT_RUN", "run-7")
    monkeypatch.setenv("SPARK_XACCT_USER", "ana")
    assert current().plan.id == declared.id
    assert (current().run, current().user) == ("run-7", "ana")
    assert current() is current()


def test_another_plan_in_the_environment_is_followed(monkeypatch):
    for declared in (plan(None), plan(None, otherwise="@deny")):
        monkeypatch.setenv("SPARK_XACCT_PLAN", declared.text)
        assert current().plan.id == declared.id


def test_what_was_activated_comes_first(monkeypatch):
    monkeypatch.setenv("SPARK_XACCT_PLAN", plan(None).text)
    started = RoleSessions(plan(None, otherwise="@deny"), {}, "r", "u")
    activate(started)
    assert current() is started
    deactivate()
    assert current().plan.id == plan(None).id


def test_one_plan_has_one_object_of_sessions_in_a_process():
    assert sessions_of(plan(None), "r", "u") is sessions_of(plan(None), "r", "u")
    assert sessions_of(plan(None), "r", "u") is not sessions_of(plan(None), "r2", "u")
    assert sessions_of(plan(None), "r", "u") is not sessions_of(plan(None, otherwise="@deny"), "r", "u")


def test_the_run_is_drawn_once_a_process():
    assert run_id({"SPARK_XACCT_RUN": "run-7"}) == "run-7"
    assert run_id({}) == run_id({"SPARK_XACCT_RUN": ""})
    assert len(run_id({})) == 8


def test_a_user_without_a_name_is_unknown(monkeypatch):
    def nobody():
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert user_name({}) == "unknown"
    assert user_name({"SPARK_XACCT_USER": "ana"}) == "ana"


def test_boto3_that_is_missing_is_named_with_the_host_and_three_ways(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with FakeSts() as sts, pytest.raises(MissingDependencyError) as missing:
        RoleSessions(plan(sts.url), ENVIRONMENT, "r", "u").client("sqs", role="partner")
    lines = str(missing.value).splitlines()
    assert lines[0].startswith(
        f"boto3 cannot be imported on host {socket.gethostname()} by Python {platform.python_version()} ("
    )
    assert lines[0].endswith("); add it there in one of three ways:")
    assert lines[1:] == [
        "  on the nodes: python -m pip install boto3 in the bootstrap action or the container image",
        "  with the job: a packed virtual environment in spark.archives, and PYSPARK_PYTHON in it",
        "  from a folder that all nodes see: python -m pip install --target DIR boto3, and DIR on PYTHONPATH",
    ]
