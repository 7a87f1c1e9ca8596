"""The endpoint of a JVM: which folders are believed, and how a role session is asked for."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from fakes.endpoint import FakeEndpoint
from fakes.plans import plan

from spark_xacct.aws import endpoint as endpoints
from spark_xacct.aws import endpoint_request
from spark_xacct.aws.endpoint import EndpointGone
from spark_xacct.aws.endpoint_request import EndpointRequest
from spark_xacct.aws.failure import SessionFailed
from spark_xacct.aws.role_sessions import _now
from spark_xacct.version import __version__

HOST = socket.gethostname()
ROOT = Path(__file__).parents[2]


@pytest.fixture
def fake(tmp_path):
    with FakeEndpoint(tmp_path / "endpoint", plan(None, python={"roles": ["finance", "partner"]})) as server:
        yield server


def request(fake: FakeEndpoint, role: str = "partner") -> EndpointRequest:
    found = endpoints.find(fake.environment)
    assert found is not None
    return EndpointRequest(found, role, _now)


def failed(fake: FakeEndpoint) -> str:
    with pytest.raises(SessionFailed) as refused:
        request(fake).fetch()
    return str(refused.value)


def test_what_the_folder_says(fake):
    found = endpoints.find(fake.environment)
    assert found.roles == ("finance", "partner")
    assert (found.plan_id, found.run, found.user) == (
        plan(None, python={"roles": ["finance", "partner"]}).id,
        "run-jvm",
        "ana",
    )
    assert (found.base_kind, found.region, found.default_role, found.jar) == ("env", "eu-west-1", None, "0.1.0")
    assert found.credentials_uri("partner") == fake.url + fake.description["roles"]["partner"]["path"]
    assert found.token_file("partner") == str(fake.folder / "partner.token")
    assert [secret for secret in ("PLANTED", found.path("partner"), found.plan_text) if secret in repr(found)] == []


def test_no_variable_and_no_ancestor_with_one_is_no_endpoint(monkeypatch):
    monkeypatch.delenv("SPARK_XACCT_ENDPOINT", raising=False)
    assert endpoints.find({}) is None
    assert endpoints.find({"SPARK_XACCT_ENDPOINT": ""}) is None


CHILD = "import sys; sys.path[:0] = [{root!r}]; from spark_xacct.aws import endpoint; print(endpoint.find({{}}).folder)"
GRANDCHILD = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {program!r}], env={{}}, cwd='/').returncode)"


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_program_with_an_empty_environment_asks_its_ancestors(fake, depth):
    program = CHILD.format(root=str(ROOT))
    for _ in range(depth):
        program = GRANDCHILD.format(program=program)
    finished = subprocess.run([sys.executable, "-c", program], env=fake.environment, capture_output=True, text=True)
    assert (finished.stdout, finished.stderr) == (f"{fake.folder}\n", "")


def test_processes_of_other_users_are_not_asked(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4_321)
    endpoints._of_ancestors.cache_clear()
    monkeypatch.setattr("spark_xacct.keys.ENDPOINT_ENVIRONMENT", "PATH")
    try:
        assert endpoints.folder_named({}) is None
    finally:
        endpoints._of_ancestors.cache_clear()


def opened_to_the_group(fake: FakeEndpoint) -> None:
    fake.folder.chmod(0o750)


def description_readable_by_all(fake: FakeEndpoint) -> None:
    (fake.folder / "endpoint.json").chmod(0o644)


def description_is_a_link(fake: FakeEndpoint) -> None:
    (fake.folder / "endpoint.json").rename(fake.folder / "elsewhere.json")
    (fake.folder / "endpoint.json").symlink_to(fake.folder / "elsewhere.json")


def folder_is_a_link(fake: FakeEndpoint) -> None:
    fake.folder.rename(fake.folder.with_name("elsewhere"))
    fake.folder.symlink_to(fake.folder.with_name("elsewhere"))


def description_is_a_folder(fake: FakeEndpoint) -> None:
    (fake.folder / "endpoint.json").unlink()
    (fake.folder / "endpoint.json").mkdir(mode=0o700)


def folder_is_a_file(fake: FakeEndpoint) -> None:
    fake.folder.rename(fake.folder.with_name("elsewhere"))
    fake.folder.write_text("{}")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (opened_to_the_group, "it is open to other users (mode 0750)"),
        (description_readable_by_all, "endpoint.json is open to other users (mode 0644)"),
        (description_is_a_link, "endpoint.json: a symbolic link, or of another kind than it should be"),
        (folder_is_a_link, "a symbolic link, or of another kind than it should be"),
        (folder_is_a_file, "a symbolic link, or of another kind than it should be"),
        (description_is_a_folder, "endpoint.json is not a file"),
        (lambda fake: fake.write("endpoint.json", "{"), "endpoint.json is not JSON"),
        (lambda fake: fake.write("endpoint.json", "[]"), "endpoint.json is not a JSON object"),
        (lambda fake: fake.describe(plan=None), 'endpoint.json has no usable text in field "plan"'),
        (lambda fake: fake.describe(run=7), 'endpoint.json has no usable text in field "run"'),
        (lambda fake: fake.describe(roles=[]), 'endpoint.json has no object in field "roles"'),
        (lambda fake: fake.describe(roles={"partner": "/x"}), 'endpoint.json has no usable text in field "path"'),
        (
            lambda fake: fake.describe(roles={"partner": {"path": "/x", "token_file": "../token"}}),
            'endpoint.json has no usable text in field "token_file"',
        ),
        (
            lambda fake: fake.describe(address="http://10.0.0.1:80"),
            'endpoint.json has no usable text in field "address"',
        ),
        (
            lambda fake: fake.describe(default_role="hub"),
            'endpoint.json has the default_role "hub" and no such role',
        ),
    ],
)
def test_a_folder_that_is_not_believed(fake, change, why):
    change(fake)
    with pytest.raises(SessionFailed) as refused:
        endpoints.find(fake.environment)
    assert str(refused.value) == (
        f"the credentials endpoint in {fake.folder} (SPARK_XACCT_ENDPOINT) on host {HOST} cannot be used: {why}; leave the "
        "variable and the folder to the plugin, which makes them anew when Spark starts"
    )
    assert refused.value.kind == "PLAN"


def test_a_folder_of_another_user_is_not_believed(fake, monkeypatch):
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(
        SessionFailed, match=f"it belongs to user {owner}, and this process runs as user {owner + 1}; leave"
    ):
        endpoints.find(fake.environment)


def test_a_relative_folder_is_not_believed():
    with pytest.raises(SessionFailed, match="cannot be used: it is not an absolute path; leave"):
        endpoints.find({"SPARK_XACCT_ENDPOINT": "endpoint"})


def test_another_version_means_that_jar_and_package_differ(fake):
    fake.describe(v=2, jar="9.9.9")
    with pytest.raises(SessionFailed) as refused:
        endpoints.find(fake.environment)
    assert str(refused.value) == (
        f"the jar and the Python package differ: the credentials endpoint in {fake.folder} is of spark-xacct 9.9.9 and has "
        f"version 2, and spark-xacct {__version__} on host {HOST} reads version 1; install the package of the jar's version "
        "there"
    )


def test_a_newer_jar_may_say_more(fake):
    fake.describe(more="x")
    assert endpoints.find(fake.environment) is not None


def test_an_endpoint_that_is_gone(fake):
    fake.remove()
    with pytest.raises(EndpointGone) as gone:
        endpoints.find(fake.environment)
    assert str(gone.value) == (
        f"the credentials endpoint in {fake.folder} (SPARK_XACCT_ENDPOINT) on host {HOST} is gone: its JVM has ended or its "
        "SparkContext was stopped; ask for role sessions while the application runs"
    )
    assert gone.value.kind == "UNREACHABLE"


def test_a_session_comes_with_the_token_and_past_every_proxy(fake, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    session = request(fake).fetch()
    assert (session["access_key"], session["secret_key"], session["token"]) == (
        "ASIAPARTNER1",
        "PLANTED-SECRET-ASIAPARTNER1",
        "PLANTED-TOKEN-ASIAPARTNER1",
    )
    assert [(asked.method, asked.headers["authorization"]) for asked in fake.requests] == [
        ("GET", fake.tokens["partner"])
    ]


def test_a_role_that_is_not_served(fake):
    with pytest.raises(SessionFailed) as refused:
        request(fake, "hub")
    assert str(refused.value) == (
        f"role hub: the credentials endpoint in {fake.folder} does not serve it; the jar (0.1.0) and the Python package differ; "
        "install the package of the jar's version"
    )


HOP = {"hop__role": "hub", "hop__number": 1, "hop__hops": 2, "hop__arn": "arn:aws:iam::111122223333:role/hub"}
AGAIN = "; if it lasts, look into the log of the JVM beside this process"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {
                **HOP,
                "kind": "DENIED",
                "role": "partner",
                "problem": "refused by STS: AccessDenied",
                "advice": "ask somebody",
                "code": "AccessDenied",
                "stsMessage": "not authorized",
                "attempts": 0,
            },
            "role partner: hop 1 of 2 (arn:aws:iam::111122223333:role/hub) refused by STS: AccessDenied; ask somebody\n"
            "not authorized",
        ),
        (
            {**HOP, "kind": "THROTTLED", "role": "partner", "problem": "STS throttled (Throttling)", "attempts": 3},
            "role partner: hop 1 of 2 (arn:aws:iam::111122223333:role/hub): STS throttled (Throttling) after 3 attempts",
        ),
        (
            {"kind": "BASE_MISSING", "problem": "no credentials", "advice": "run it with some", "attempts": 0},
            "no credentials; run it with some",
        ),
        ({"kind": "PLAN", "problem": "no STS", "stsMessage": ""}, "no STS"),
    ],
)
def test_a_failure_reads_as_the_jvm_says_it(fake, fields, text):
    fake.fail("partner", **fields)
    assert failed(fake) == text
    assert len(fake.requests) == 1


def test_a_failure_says_when_the_jvm_asks_sts_again(fake):
    fake.fail("partner", kind="UNREACHABLE", problem="STS is down", retryInMillis=30_000)
    with pytest.raises(SessionFailed) as refused:
        request(fake).fetch()
    assert 25 < (refused.value.failure.retry_after - _now()).total_seconds() < 31
    assert len(fake.requests) == 1


def test_a_session_that_is_on_its_way_is_waited_for(fake):
    fake.fail("partner", kind="UNREACHABLE", problem="STS has not answered within 1 s")
    threading.Timer(0.3, fake.serve, ["partner"]).start()
    assert request(fake).fetch()["access_key"] == "ASIAPARTNER1"
    assert len(fake.requests) >= 2


def test_a_session_that_does_not_come_is_waited_for_no_longer_than_that(fake, monkeypatch):
    monkeypatch.setattr(endpoint_request, "PATIENCE_SECONDS", 0.3)
    fake.fail("partner", kind="UNREACHABLE", problem="STS has not answered within 1 s")
    assert failed(fake) == "STS has not answered within 1 s"
    assert 2 <= len(fake.requests) <= 3


@pytest.mark.parametrize(
    ("status", "content", "what"),
    [
        (401, b"", "it answered 401"),
        (404, b"", "it answered 404"),
        (200, b"<html>", "its answer holds no session"),
        (200, {"AccessKeyId": "ASIA", "SecretAccessKey": "PLANTED", "Token": "PLANTED"}, "its answer holds no session"),
        (
            200,
            {"AccessKeyId": "ASIA", "SecretAccessKey": "PLANTED", "Token": "PLANTED", "Expiration": "soon"},
            "its answer has no time of expiry",
        ),
        (503, b"busy", "it answered 503 with no failure that is known here"),
        (503, {"failure": {"kind": "NEW", "problem": "x"}}, "it answered 503 with no failure that is known here"),
    ],
)
def test_whoever_else_listens_there_is_named(fake, status, content, what):
    fake.answer_with("partner", status, content)
    assert failed(fake) == (
        f"what listens at {fake.url} is not the endpoint that {fake.folder} describes: {what}{AGAIN}"
    )


def test_nobody_listens_there(fake):
    fake.close()
    with pytest.raises(EndpointGone) as gone:
        request(fake).fetch()
    assert str(gone.value) == (
        f"the credentials endpoint at {fake.url} (connection refused) is gone: its JVM has ended or its SparkContext was "
        "stopped; ask for role sessions while the application runs"
    )


def test_an_answer_that_does_not_come(fake, monkeypatch):
    monkeypatch.setattr(endpoint_request, "TIMEOUT_SECONDS", 0.1)
    fake.delay = 0.5
    assert failed(fake) == f"the credentials endpoint at {fake.url} does not answer: timed out{AGAIN}"


def test_a_session_that_is_over_is_not_taken(fake):
    fake.life = 0.0
    text = failed(fake)
    assert text.startswith(
        f"the credentials endpoint at {fake.url} has no session that lasts: the one it gave ends at "
    )
    assert text.endswith(f" UTC{AGAIN}")


def test_a_token_that_others_can_read_is_not_sent(fake):
    (fake.folder / "partner.token").chmod(0o640)
    assert "partner.token is open to other users (mode 0640)" in failed(fake)
    assert fake.requests == []


def test_fractions_of_seconds_are_read(fake):
    session: dict[str, Any] = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t"}
    fake.answer_with("partner", 200, dict(session, Expiration="2999-01-01T00:00:00.123Z"))
    assert json.dumps(request(fake).fetch()["expiry_time"]) == '"2999-01-01T00:00:00.123Z"'
