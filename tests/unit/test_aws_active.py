"""Which plan code of a process runs under: what was activated, then SPARK_XACCT_PLAN, then an error."""

from __future__ import annotations

import gc
import platform
import re
import socket
import sys
import weakref

import pytest
from fakes.plans import ENVIRONMENT, plan
from fakes.sts import FakeSts

from spark_xacct import aws
from spark_xacct.aws import RoleSessions, activate, current, deactivate, sessions_of
from spark_xacct.aws.role_sessions import run_id
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
        "no plan here: neither SPARK_XACCT_ENDPOINT nor SPARK_XACCT_PLAN is set in the environment of this process "
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


def asked_for(number):
    """The sessions of as many plans, none of them kept by the one who asks."""
    for index in range(number):
        sessions_of(plan(None, buckets={f"bucket-{index}": "partner"}), "r", "u")
    gc.collect()


def test_sessions_of_old_plans_are_let_go():
    first, last = (weakref.ref(sessions_of(plan(None, otherwise=word), "r", "u")) for word in ("@deny", "@platform"))
    asked_for(7)
    assert first() is None
    assert last() is not None
    asked_for(20)
    assert last() is None


def test_sessions_that_are_asked_for_again_stay():
    often = weakref.ref(sessions_of(plan(None), "r", "u"))
    for _ in range(3):
        asked_for(7)
        assert sessions_of(plan(None), "r", "u") is often()


def test_sessions_in_use_are_found_again_whatever_came_between():
    activate(sessions_of(plan(None), "r", "u"))
    held = sessions_of(plan(None, otherwise="@deny"), "r", "u")
    asked_for(20)
    assert sessions_of(plan(None), "r", "u") is current()
    assert sessions_of(plan(None, otherwise="@deny"), "r", "u") is held


KUBERNETES = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "SPARK_APPLICATION_ID": "spark-3"}


def test_the_run_is_the_one_given_then_that_of_kubernetes():
    assert run_id(dict(KUBERNETES, SPARK_XACCT_RUN="run-7")) == "run-7"
    assert run_id(KUBERNETES) == run_id(dict(KUBERNETES, SPARK_XACCT_RUN="")) == "spark-3"


def test_the_run_is_drawn_once_a_process():
    drawn = run_id({})
    assert re.fullmatch("[0-9a-f]{8}", drawn)
    elsewhere = {"SPARK_APPLICATION_ID": "spark-3"}
    unnamed = dict(KUBERNETES, SPARK_APPLICATION_ID="")
    assert [run_id(environment) for environment in ({"SPARK_XACCT_RUN": ""}, elsewhere, unnamed)] == [drawn] * 3


@pytest.mark.parametrize(
    ("environment", "user"),
    [
        ({"SPARK_XACCT_USER": "ana", "SPARK_USER": "bob"}, "ana"),
        ({"SPARK_XACCT_USER": "", "SPARK_USER": "bob"}, "bob"),
        ({"SPARK_USER": ""}, "carl"),
        ({}, "carl"),
    ],
)
def test_the_user_is_the_one_given_then_spark_s_then_the_account_s(monkeypatch, environment, user):
    monkeypatch.setattr("getpass.getuser", lambda: "carl")
    assert aws.user_name(environment) == user


@pytest.mark.parametrize("refusal", [KeyError("getpwuid(): uid not found: 1234"), OSError("none"), ImportError("pwd")])
def test_a_user_without_a_name_is_unknown(monkeypatch, refusal):
    def nobody():
        raise refusal

    monkeypatch.setattr("getpass.getuser", nobody)
    assert aws.user_name({}) == "unknown"


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
