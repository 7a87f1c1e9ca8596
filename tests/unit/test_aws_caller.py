"""Who a worker says that it is: asked at the plan's STS, and one line where there is no answer."""

from __future__ import annotations

import os

import pytest
from fakes.plans import BASE_ARN, plan
from fakes.sts import BASE_KEY, FakeSts

from spark_xacct.aws import activate, deactivate
from spark_xacct.aws import caller as caller_module
from spark_xacct.aws.caller import PLAIN, caller
from spark_xacct.aws.role_sessions import RoleSessions

# Nobody listens there.
NOWHERE = "http://127.0.0.1:1"
ETL, READER = (
    "arn:aws:sts::111122223333:assumed-role/etl/i-0",
    "arn:aws:sts::444455556666:assumed-role/reader/xacct-run-1",
)


@pytest.fixture
def sts():
    with FakeSts() as fake:
        yield fake


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(("AWS_", "SPARK_XACCT_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(f"[default]\nendpoint_url = {NOWHERE}\nsts_regional_endpoints = legacy\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", BASE_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    yield monkeypatch
    deactivate()


def active(endpoint, **more):
    activate(RoleSessions(plan(endpoint, **more), run="run-1", user="ana"))


@pytest.mark.parametrize(("name", "arn"), [("partner", READER), ("@base", ETL), (PLAIN, ETL)])
@pytest.mark.parametrize("fips", ["false", "true"])
@pytest.mark.parametrize("named_by", ["the plan", "the environment"])
def test_the_plans_sts_is_asked(sts, environment, named_by, fips, name, arn):
    environment.setenv("AWS_ENDPOINT_URL", NOWHERE)
    environment.setenv("AWS_ENDPOINT_URL_STS", NOWHERE if named_by == "the plan" else sts.url)
    environment.setenv("AWS_USE_FIPS_ENDPOINT", fips)
    active(sts.url if named_by == "the plan" else None)
    assert caller(name) == arn


@pytest.mark.parametrize("name", ["partner", "@base", PLAIN])
def test_an_sts_that_has_no_answer_is_asked_as_often_as_for_a_session(sts, environment, name):
    asked = []
    active(sts.url, base={"kind": "env"})
    original = FakeSts.answer

    def answer(self, request):
        asked.append(request)
        return original(self, request) if b"AssumeRole" in request.body else (500, {}, b"")

    environment.setattr(FakeSts, "answer", answer)
    assert "GetCallerIdentity" in caller(name)
    assert len([request for request in asked if b"GetCallerIdentity" in request.body]) == 3


def test_a_role_that_python_may_not_ask_for_is_not_assumed(sts):
    active(sts.url)
    assert caller("hub").startswith('role "hub" is not among python.roles; ')
    assert sts.calls == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "partner.token"),
            "[Errno 2] No such file or directory: 'partner.token'",
        ),
        (ValueError("first line\nsecond line"), "first line"),
        (KeyError("AccessKeyId"), "'AccessKeyId'"),
        (RuntimeError("the refreshed credentials are still expired."), "the refreshed credentials are still expired."),
        (OSError(), "OSError"),
        (ValueError(" \n"), "ValueError"),
    ],
    ids=repr,
)
def test_what_providers_let_through_is_one_line(environment, error, text):
    def fail():
        raise error

    environment.setattr(caller_module, "current", fail)
    assert caller(PLAIN) == text


def test_a_token_file_that_is_gone_is_told(sts, environment, tmp_path):
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")
    environment.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", NOWHERE)
    environment.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "partner.token"))
    active(sts.url)
    assert caller(PLAIN) == f"[Errno 2] No such file or directory: '{tmp_path}/partner.token'"


def test_a_base_that_is_another_is_told(sts):
    sts.arns[BASE_KEY] = "arn:aws:sts::111122223333:assumed-role/other/i-0"
    active(sts.url)
    assert caller("@base").startswith(
        f"the base identity is {sts.arns[BASE_KEY]}, the declaration says {BASE_ARN} (base.arn); "
    )
