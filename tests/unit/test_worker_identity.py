"""The default role of Python workers: boto3's own chain finds it, or the worker is told what is in the way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.endpoint import FakeEndpoint
from fakes.http import LoopbackServer, Request
from fakes.plans import BASE_ARN, document
from fakes.sts import BASE_KEY, FakeSts

from spark_xacct.aws import endpoint as endpoints
from spark_xacct.aws.environment_before import EnvironmentBefore
from spark_xacct.errors import RoleSessionError
from spark_xacct.plan import Plan, decode
from spark_xacct.worker.identity import assume_default_role

REPOSITORY = Path(__file__).parents[2]
PROGRAM = REPOSITORY / "tests" / "fakes" / "default_role_program.py"
IRSA = {"kind": "irsa"}


class FakeContainer(LoopbackServer):
    """The agent that gives a pod or a task its own role."""

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        if request.headers.get("authorization") != "PLANTED-POD-TOKEN":
            return 401, {}, b"{}"
        content = {"AccessKeyId": BASE_KEY, "SecretAccessKey": "x", "Token": "x", "Expiration": "2999-01-01T00:00:00Z"}
        return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


@pytest.fixture
def sts():
    with FakeSts() as fake:
        yield fake


@pytest.fixture
def container():
    with FakeContainer() as fake:
        yield fake


def declared(sts: FakeSts | None, base: dict[str, Any], default_role: str | None = "partner") -> Plan:
    python = {"roles": ["finance", "partner"]}
    content = document(
        sts.url if sts else None, base=base, python=dict(python, default_role=default_role) if default_role else python
    )
    return decode(json.dumps(content))


def run(environment: dict[str, str], *arguments: str, python: str = sys.executable) -> dict[str, Any]:
    finished = subprocess.run(
        [python, "-I", str(PROGRAM), str(REPOSITORY), *arguments],
        env={"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return dict(json.loads(finished.stdout))


WEB_IDENTITY = {
    "AWS_WEB_IDENTITY_TOKEN_FILE": "@FOLDER@/token",
    "AWS_ROLE_ARN": BASE_ARN,
    "AWS_ROLE_SESSION_NAME": "pod",
}


@pytest.mark.parametrize(
    ("before", "without"),
    [
        (WEB_IDENTITY, "assume-role-with-web-identity"),
        ({"AWS_PROFILE": "etl"}, "shared-credentials-file"),
        ({"AWS_DEFAULT_PROFILE": "etl"}, "shared-credentials-file"),
        ({"AWS_PROFILE": "of-another-host"}, "ProfileNotFound"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/own"}, None),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ""}, None),
        ({"AWS_CONTAINER_AUTHORIZATION_TOKEN": "PLANTED-OTHER"}, None),
        (
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "@CONTAINER@/own",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "PLANTED-POD-TOKEN",
            },
            "container-role",
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else str(value),
)
def test_boto3_finds_the_default_role_whatever_was_there(sts, container, tmp_path, before, without):
    (tmp_path / "token").write_text("PLANTED-WEB-TOKEN")
    (tmp_path / "home" / ".aws").mkdir(parents=True)
    (tmp_path / "home" / ".aws" / "credentials").write_text(
        "[etl]\naws_access_key_id=AKIAWRONG\naws_secret_access_key=x\n"
    )
    environment = {
        name: value.replace("@FOLDER@", str(tmp_path)).replace("@CONTAINER@", container.url)
        for name, value in before.items()
    }
    environment.update(HOME=str(tmp_path / "home"), AWS_ENDPOINT_URL_STS=sts.url, AWS_DEFAULT_REGION="eu-west-1")
    with FakeEndpoint(tmp_path / "endpoint", declared(sts, IRSA)) as jvm:
        environment.update(jvm.environment)
        given = run(environment, "assume")
        assert (given["kept"], given["early"]) == (sorted(before), [])
        assert (given["taken"], given["region"]) == (["container-role", "ASIAPARTNER1"], "eu-west-1")
        if without is not None:
            assert run(environment)["taken"][0] == without
        assert jvm.asked() == ["partner"]


def bases(folder: Path, container: FakeContainer) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    (folder / "token").write_text("PLANTED-WEB-TOKEN")
    (folder / "pod").write_text("PLANTED-POD-TOKEN")
    keys = f"aws_access_key_id = {BASE_KEY}\naws_secret_access_key = x\n"
    (folder / "credentials").write_text(f"[default]\n{keys}[etl]\n{keys}")
    (folder / "config").write_text(
        f"[default]\nregion = eu-north-1\n[profile task]\nrole_arn = {BASE_ARN}\ncredential_source = EcsContainer\n"
    )
    pod = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{container.url}/own",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(folder / "pod"),
    }
    task = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{container.url}/own",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "PLANTED-POD-TOKEN",
    }
    files = {
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_CONFIG_FILE": str(folder / "config"),
    }
    profile = {"kind": "profile", "profile": "etl"}
    return {
        "irsa": (IRSA, {name: value.replace("@FOLDER@", str(folder)) for name, value in WEB_IDENTITY.items()}),
        "env": ({"kind": "env"}, {"AWS_ACCESS_KEY_ID": BASE_KEY, "AWS_SECRET_ACCESS_KEY": "x"}),
        "pod-identity": ({"kind": "pod-identity"}, pod),
        "container": ({"kind": "container"}, task),
        "emr-runtime-role": ({"kind": "emr-runtime-role", "arn": BASE_ARN}, task),
        "profile": (profile, files),
        "profile with keys of the container": ({"kind": "profile", "profile": "task"}, dict(files, **task)),
    }


@pytest.mark.parametrize(
    ("kind", "key", "region"),
    [
        ("irsa", "ASIAETL", "eu-west-1"),
        ("env", BASE_KEY, "eu-west-1"),
        ("pod-identity", BASE_KEY, "eu-west-1"),
        ("container", BASE_KEY, "eu-west-1"),
        ("emr-runtime-role", BASE_KEY, "eu-west-1"),
        ("profile", BASE_KEY, "eu-north-1"),
        ("profile with keys of the container", "ASIAETL", "eu-north-1"),
    ],
)
def test_the_base_identity_is_found_by_name_as_before(sts, container, tmp_path, kind, key, region):
    base, environment = bases(tmp_path, container)[kind]
    environment = dict(environment, HOME=str(tmp_path))
    with FakeEndpoint(tmp_path / "endpoint", declared(sts, base)) as jvm:
        environment.update(jvm.environment)
        given = dict(environment)
        assume_default_role(endpoints.read(str(jvm.folder)), given)
        # As a program has it that a worker starts.
        printed = run(given, "base")
        assert printed["taken"] == ["container-role", "ASIAPARTNER1"]
        assert printed["base"].rstrip("0123456789") == key
        assert printed["region"] == region
        assert dict(EnvironmentBefore(given)).items() >= environment.items()


@pytest.mark.parametrize("variable", ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"])
@pytest.mark.parametrize("kind", ["irsa", "env", "pod-identity", "container", "emr-runtime-role", "profile"])
def test_a_file_of_profiles_that_the_user_turned_off_stays_off_for_the_base_identity(
    container, tmp_path, kind, variable
):
    base, environment = bases(tmp_path, container)[kind]
    environment = dict(environment, HOME=str(tmp_path))
    environment[variable] = os.devnull
    with FakeEndpoint(tmp_path / "endpoint", declared(None, base)) as jvm:
        found = endpoints.read(str(jvm.folder))
        given = dict(environment)
        for _ in range(2):
            assume_default_role(found, given)
            before = EnvironmentBefore(given)
            assert before[variable] == os.devnull
            setting = {"AWS_SHARED_CREDENTIALS_FILE": "credentials_file", "AWS_CONFIG_FILE": "config_file"}[variable]
            assert before.profile_files().get(setting, os.devnull) == os.devnull


def test_a_file_of_profiles_that_a_program_turns_off_in_a_worker_is_off(tmp_path):
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA)) as jvm:
        given = {"HOME": str(tmp_path)}
        assume_default_role(endpoints.read(str(jvm.folder)), given)
    given["AWS_CONFIG_FILE"] = os.devnull
    assert EnvironmentBefore(given)["AWS_CONFIG_FILE"] == os.devnull
    assert EnvironmentBefore(given).profile_files() == {}


def test_on_python_3_7_the_token_itself_is_there_too(sts, tmp_path, old_python):
    with FakeEndpoint(tmp_path / "endpoint", declared(sts, IRSA)) as jvm:
        printed = run(dict(jvm.environment, HOME=str(tmp_path)), "assume", python=str(old_python))
    assert printed["boto3"].startswith("1.26.")
    assert (printed["early"], printed["taken"]) == ([], ["container-role", "ASIAPARTNER1"])


@pytest.mark.parametrize(
    ("version", "is_there"), [("1.29.165", True), ("1.31.85", True), ("1.32.0", False), ("2.0.0", False), (None, False)]
)
def test_the_token_is_in_the_environment_only_for_a_botocore_that_cannot_read_its_file(
    monkeypatch, tmp_path, version, is_there
):
    if version is not None:
        (tmp_path / "botocore").mkdir()
        (tmp_path / "botocore" / "__init__.py").write_text(f"import none\n__version__ = '{version}'\n")
        monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    else:
        monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "modules", {name: module for name, module in sys.modules.items() if name != "botocore"})
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA)) as jvm:
        given = {"HOME": str(tmp_path)}
        assume_default_role(endpoints.read(str(jvm.folder)), given)
        assert given.get("AWS_CONTAINER_AUTHORIZATION_TOKEN") == (jvm.tokens["partner"] if is_there else None)


@pytest.mark.parametrize(
    ("before", "config", "region"),
    [
        ({}, None, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": ""}, None, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "sa-east-1"}, None, "sa-east-1"),
        ({"AWS_REGION": "sa-east-1"}, None, None),
        ({}, "[default]\nregion = sa-east-1\n", None),
        ({}, "[profile default]\nregion = sa-east-1\n", None),
        ({}, "[profile other]\nregion = sa-east-1\n", "eu-west-1"),
    ],
)
def test_the_region_is_that_of_sts_where_nothing_names_one(tmp_path, before, config, region):
    if config is not None:
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "config").write_text(config)
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA)) as jvm:
        given = dict(before, HOME=str(tmp_path))
        assume_default_role(endpoints.read(str(jvm.folder)), given)
    assert given.get("AWS_DEFAULT_REGION") == region


OFF = "set spark.executorEnv.{}=/dev/null"
PROFILE_ADVICE = "or declare base: {kind: profile} where it is the base identity"
KEYS = "aws_access_key_id = AKIAWRONG\naws_secret_access_key = x\n"


@pytest.mark.parametrize(
    ("environment", "file", "content", "problem"),
    [
        (
            {"AWS_ACCESS_KEY_ID": "AKIAWRONG", "AWS_SECRET_ACCESS_KEY": "x"},
            None,
            "",
            "AWS_ACCESS_KEY_ID is set in the environment, and boto3 takes that first; unset it for the executors, or declare "
            "base: env where it is the base identity",
        ),
        (
            {},
            ".aws/credentials",
            f"[default]\n{KEYS}",
            "profile default in @HOME@/.aws/credentials has aws_access_key_id, and boto3 takes that first; take it out there, or "
            f"{OFF.format('AWS_SHARED_CREDENTIALS_FILE')}, {PROFILE_ADVICE}",
        ),
        (
            {"AWS_SHARED_CREDENTIALS_FILE": "~/of/mine"},
            "of/mine",
            f"[default]\n{KEYS}",
            "profile default in @HOME@/of/mine has aws_access_key_id, and boto3 takes that first; take it out there, or "
            f"{OFF.format('AWS_SHARED_CREDENTIALS_FILE')}, {PROFILE_ADVICE}",
        ),
        *(
            (
                {"AWS_CONFIG_FILE": "$HOME/config"},
                "config",
                f"[{section}]\n{field} = x\n",
                f"profile default in @HOME@/config has {field}, and boto3 takes that first; take it out there, or "
                f"{OFF.format('AWS_CONFIG_FILE')}, {PROFILE_ADVICE}",
            )
            for section, field in (
                ("default", "aws_access_key_id"),
                ("default", "role_arn"),
                ('profile "default"', "credential_process"),
                ("default", "sso_start_url"),
                ("default", "sso_account_id"),
                ("default", "login_session"),
            )
        ),
        (
            {},
            ".aws/config",
            "region = x",
            "@HOME@/.aws/config cannot be parsed, and boto3 refuses to go on; correct it, or "
            f"{OFF.format('AWS_CONFIG_FILE')}",
        ),
        (
            {},
            ".boto",
            f"[Credentials]\n{KEYS}",
            "section Credentials in @HOME@/.boto has aws_access_key_id, and boto3 takes that first; take it out there, or "
            f"{OFF.format('BOTO_CONFIG')}",
        ),
        (
            {"BOTO_CONFIG": "~/boto.cfg"},
            "boto.cfg",
            f"[Credentials]\n{KEYS}",
            "section Credentials in @HOME@/boto.cfg has aws_access_key_id, and boto3 takes that first; take it out there, or "
            f"{OFF.format('BOTO_CONFIG')}",
        ),
        (
            {"AWS_CREDENTIAL_FILE": "/etc/keys"},
            None,
            "",
            "AWS_CREDENTIAL_FILE names /etc/keys, and boto3 takes the keys there first; unset it for the executors",
        ),
    ],
)
def test_what_would_still_win_is_an_error_that_names_it(tmp_path, environment, file, content, problem):
    if file is not None:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content)
    given = dict(environment, HOME=str(tmp_path), AWS_PROFILE="x")
    before = dict(given)
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA)) as jvm, pytest.raises(RoleSessionError) as refused:
        assume_default_role(endpoints.read(str(jvm.folder)), given)
    assert str(refused.value) == (
        "role partner (python.default_role) cannot be the identity of Python workers on host "
        f"{socket.gethostname()}: {problem.replace('@HOME@', str(tmp_path))}"
    )
    assert refused.value.kind == "PLAN"
    assert given == before


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (".aws/credentials", f"[other]\n{KEYS}"),
        (".aws/config", f"[default]\nregion = eu-west-1\noutput = json\n[profile other]\n{KEYS}"),
        (".aws/config", "[default]\nsso_session = corp\n[sso-session corp]\nsso_start_url = https://example.com\n"),
        (".boto", "[Boto]\nhttp_socket_timeout = 5\n"),
    ],
)
def test_files_that_name_no_identity_are_in_nobody_s_way(tmp_path, file, content):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(content)
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA)) as jvm:
        assume_default_role(endpoints.read(str(jvm.folder)), {"HOME": str(tmp_path)})


def test_a_token_that_others_can_read_is_refused_at_once(tmp_path):
    given = {"HOME": str(tmp_path), "AWS_PROFILE": "x"}
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA)) as jvm:
        (jvm.folder / "partner.token").chmod(0o604)
        with pytest.raises(RoleSessionError, match=r"partner\.token is open to other users \(mode 0604\)"):
            assume_default_role(endpoints.read(str(jvm.folder)), given)
    assert given == {"HOME": str(tmp_path), "AWS_PROFILE": "x"}


def test_without_a_default_role_nothing_changes(tmp_path):
    given = {"HOME": str(tmp_path), "AWS_PROFILE": "x", "AWS_ACCESS_KEY_ID": "AKIA"}
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA, None)) as jvm:
        assert assume_default_role(endpoints.read(str(jvm.folder)), given) == {}
    assert given == {"HOME": str(tmp_path), "AWS_PROFILE": "x", "AWS_ACCESS_KEY_ID": "AKIA"}


def test_a_default_role_that_is_given_twice_keeps_what_was_there_first(tmp_path):
    given = {"HOME": str(tmp_path), "AWS_PROFILE": "x", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/own"}
    before = dict(given)
    with FakeEndpoint(tmp_path / "endpoint", declared(None, IRSA)) as jvm:
        found = endpoints.read(str(jvm.folder))
        kept = assume_default_role(found, given)
        once = dict(given)
        assert assume_default_role(found, given) == kept
        assert given == once
    assert {name: value for name, value in EnvironmentBefore(given).items() if name in before} == before


def test_what_a_user_sets_in_a_worker_counts_for_the_base_identity():
    now = {"SPARK_XACCT_DEFAULT_ROLE": "partner", "SPARK_XACCT_KEPT_AWS_ROLE_ARN": "old", "AWS_ROLE_ARN": "new"}
    assert EnvironmentBefore(now)["AWS_ROLE_ARN"] == "new"
    assert EnvironmentBefore({"AWS_ROLE_ARN": "new"})["AWS_ROLE_ARN"] == "new"
    assert repr(EnvironmentBefore(now)) == "EnvironmentBefore()"
