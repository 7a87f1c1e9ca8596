"""The base identity in Python: the declared kind alone, compared with base.arn before it serves anything."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from fakes.http import LoopbackServer, Request
from fakes.plans import BASE_ARN, ENVIRONMENT, HUB_ARN, plan
from fakes.s3 import FakeS3
from fakes.sts import BASE_KEY, FakeSts

from spark_xacct.aws import RoleSessions
from spark_xacct.aws.caller_arn import is_caller
from spark_xacct.errors import RoleSessionError
from spark_xacct.model import Arn, Sts

ADDRESSES = json.loads((Path(__file__).parents[1] / "vectors" / "sts_addresses.json").read_text(encoding="utf-8"))


class FakeContainerEndpoint(LoopbackServer):
    """What an ECS task or the EKS agent answers; the base key of the fake STS."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        super().__init__()

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        self.requests.append(request)
        content = {
            "AccessKeyId": BASE_KEY,
            "SecretAccessKey": "PLANTED-BASE-SECRET",
            "Token": "PLANTED-BASE-TOKEN",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


@pytest.fixture
def sts():
    with FakeSts() as fake:
        yield fake


@pytest.fixture(autouse=True)
def other_identities(monkeypatch, tmp_path):
    """What boto3's default chain would find: none of it may serve a plan that does not name it."""
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = x\n")
    (tmp_path / "config").write_text(
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/wrong\nsource_profile = default\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    for name in (
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_STS",
    ):
        monkeypatch.delenv(name, raising=False)


def sessions(sts: FakeSts, environment: dict[str, str], **base: Any) -> RoleSessions:
    return RoleSessions(plan(sts.url, base=base), environment, "run-1", "ana")


def frozen(role_sessions: RoleSessions, uri: str = "s3a://partner-data/") -> Any:
    return role_sessions.session_for(uri).get_credentials().get_frozen_credentials()


def text_of(role_sessions: RoleSessions, uri: str = "s3a://partner-data/") -> str:
    with pytest.raises(RoleSessionError) as refused:
        frozen(role_sessions, uri)
    assert refused.value.kind == "BASE_MISSING"
    return str(refused.value).split("; retry after")[0]


HOP = f"role partner: hop 1 of 2 ({HUB_ARN}): "
FIX = "; run this process with it, or change base: in the declaration"


def token_file(tmp_path: Any) -> dict[str, str]:
    (tmp_path / "token").write_text("PLANTED-WEB-TOKEN")
    return {"AWS_ROLE_ARN": BASE_ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}


def test_irsa_takes_role_and_token_from_the_environment(sts, tmp_path):
    role_sessions = sessions(sts, token_file(tmp_path), kind="irsa", arn=BASE_ARN)
    frozen(role_sessions)
    assert [call["Action"] for call in sts.calls] == [
        "AssumeRoleWithWebIdentity",
        "GetCallerIdentity",
        "AssumeRole",
        "AssumeRole",
    ]
    assert sts.calls[0] == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": BASE_ARN,
        "RoleSessionName": "xacct-run-1",
        "WebIdentityToken": "PLANTED-WEB-TOKEN",
    }
    assert sts.signers == [None, "ASIAETL1", "ASIAETL1", "ASIAHUB2"]


def test_irsa_session_name_of_the_environment_holds(sts, tmp_path):
    frozen(sessions(sts, dict(token_file(tmp_path), AWS_ROLE_SESSION_NAME="pod-7"), kind="irsa"))
    assert sts.calls[0]["RoleSessionName"] == "pod-7"


def test_an_expired_web_identity_token_says_where_to_look(sts, tmp_path):
    sts.refuse("AssumeRoleWithWebIdentity", "ExpiredTokenException", "Token expired", status=400)
    assert text_of(sessions(sts, token_file(tmp_path), kind="irsa")) == (
        f"{HOP}the base identity (irsa) gives no credentials: AssumeRoleWithWebIdentity of {BASE_ARN} was refused by STS: "
        f"ExpiredTokenException; the token in {tmp_path / 'token'} has expired: "
        "Kubernetes renews it, so look at the pod's projected volume"
    )


def test_the_message_of_sts_stands_on_the_second_line(sts, tmp_path):
    sts.refuse("AssumeRoleWithWebIdentity", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    with pytest.raises(RoleSessionError) as refused:
        frozen(sessions(sts, token_file(tmp_path), kind="irsa"))
    assert str(refused.value).splitlines()[1:] == ["Not authorized to perform sts:AssumeRoleWithWebIdentity"]


def test_a_token_file_that_is_not_there(sts, tmp_path):
    environment = {"AWS_ROLE_ARN": BASE_ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "none")}
    assert text_of(sessions(sts, environment, kind="irsa")) == (
        f"{HOP}the base identity (irsa) gives no credentials: the web identity token file {tmp_path / 'none'} "
        f"(AWS_WEB_IDENTITY_TOKEN_FILE) cannot be read{FIX}"
    )


@pytest.mark.parametrize(
    ("base", "environment", "problem"),
    [
        (
            {"kind": "irsa"},
            {},
            "(irsa) gives no credentials: environment variables AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are not set, which base irsa needs",
        ),
        (
            {"kind": "irsa"},
            {"AWS_ROLE_ARN": BASE_ARN},
            "(irsa) gives no credentials: environment variable AWS_WEB_IDENTITY_TOKEN_FILE is not set, which base irsa needs",
        ),
        (
            {"kind": "env"},
            {},
            "(env) gives no credentials: environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, which base env needs",
        ),
        (
            {"kind": "env"},
            {"AWS_ACCESS_KEY_ID": "AKIA"},
            "(env) gives no credentials: Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
        ),
        (
            {"kind": "pod-identity"},
            {},
            "(pod-identity) gives no credentials: environment variables AWS_CONTAINER_CREDENTIALS_FULL_URI and "
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE are not set, which base pod-identity needs",
        ),
        (
            {"kind": "instance-profile"},
            {},
            "(instance-profile) gives no credentials: nothing on this host serves base instance-profile",
        ),
        (
            {"kind": "profile", "profile": "none"},
            {},
            "(profile) gives no credentials: The config profile (none) could not be found",
        ),
    ],
)
def test_no_identity_at_all(sts, base, environment, problem):
    role_sessions = sessions(sts, environment, **base)
    assert text_of(role_sessions) == f"{HOP}the base identity {problem}{FIX}"
    assert text_of(role_sessions, "s3a://scratch/") == f"the base identity {problem}{FIX}"
    assert sts.calls == []


@pytest.mark.parametrize("kind", ["pod-identity", "container"])
def test_containers_ask_the_endpoint_of_the_environment(sts, kind):
    with FakeContainerEndpoint() as endpoint:
        environment = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"}
        assert frozen(sessions(sts, environment, kind=kind), "s3a://scratch/").access_key == BASE_KEY
        assert [request.headers["authorization"] for request in endpoint.requests] == ["t"]


def test_a_profile_is_the_declared_one_and_its_role_is_asked_at_the_sts_of_the_plan(sts, tmp_path, monkeypatch):
    (tmp_path / "config").write_text(
        f"[profile etl]\nrole_arn = {BASE_ARN}\nsource_profile = keys\nregion = sa-east-1\n"
        f"[profile keys]\naws_access_key_id = {BASE_KEY}\naws_secret_access_key = x\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "default")
    frozen(sessions(sts, {}, kind="profile", profile="etl", arn=BASE_ARN))
    assert sts.assumed() == ["etl", "hub", "reader"]
    assert sts.signers[0] == BASE_KEY


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ("credential_process = {python} print.py fail", "failed: CredentialRetrievalError"),
        ("credential_process = {python} print.py", "failed: JSONDecodeError"),
        ("credential_process = /no/such/program", "failed: FileNotFoundError"),
        ("role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = gone", "failed: InvalidConfigError"),
        ("role_arn = {role}\nsource_profile = keys", "was refused by AWS: AccessDenied"),
    ],
    ids=["process that fails", "process without JSON", "no process", "no source profile", "role that is refused"],
)
def test_a_profile_that_fails_is_named_and_what_it_printed_is_not(sts, tmp_path, monkeypatch, config, what):
    (tmp_path / "print.py").write_text(
        "import sys\nprint('PLANTED')\nprint('PLANTED', file=sys.stderr)\nsys.exit(len(sys.argv) - 1)\n"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").write_text(
        f"[profile etl]\n{config.format(python=sys.executable, role=BASE_ARN)}\n"
        f"[profile keys]\naws_access_key_id = {BASE_KEY}\naws_secret_access_key = x\n"
    )
    sts.refuse("etl", "AccessDenied", "PLANTED")
    assert text_of(sessions(sts, {}, kind="profile", profile="etl"), "s3a://scratch/") == (
        f"the base identity (profile) gives no credentials: profile etl {what}{FIX}"
    )


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
@pytest.mark.parametrize("kind", ["env", "emr-runtime-role"])
def test_the_profile_of_the_environment_has_no_say(sts, monkeypatch, variable, kind):
    monkeypatch.setenv(variable, "not-on-this-host")
    role_sessions = sessions(sts, ENVIRONMENT, kind=kind, arn=BASE_ARN)
    with FakeS3() as s3:
        for uri in ("s3a://scratch/", "s3a://partner-data/"):
            role_sessions.client("s3", uri=uri, endpoint_url=s3.url).head_object(Bucket="scratch", Key="x")
        assert [request.signer for request in s3.requests] == [BASE_KEY, "ASIAREADER2"]
    assert role_sessions.boto3_session(role="partner").resource("s3").meta.client.meta.region_name == "eu-west-1"


def test_a_class_of_the_jvm_is_refused_by_name(sts):
    role_sessions = sessions(sts, ENVIRONMENT, kind="class", v2="com.corp.Provider")
    with pytest.raises(RoleSessionError) as refused:
        role_sessions.client("sqs", role="partner")
    assert str(refused.value) == (
        "role partner: base kind class (com.corp.Provider) names a class of the JVM, which Python cannot run; "
        "declare a base kind that both have, or read under its roles in Spark only"
    )


@pytest.mark.parametrize(
    ("actual", "declared", "same"),
    [
        ("arn:aws:sts::111122223333:assumed-role/etl/i-0", "arn:aws:iam::111122223333:role/etl", True),
        ("arn:aws:sts::111122223333:assumed-role/etl/i-0", "arn:aws:iam::111122223333:role/team/etl", True),
        ("arn:aws:sts::111122223333:assumed-role/node/i-0", "arn:aws:iam::111122223333:role/etl", False),
        ("arn:aws:sts::111122223333:assumed-role/etl2/etl", "arn:aws:iam::111122223333:role/etl", False),
        ("arn:aws:sts::444455556666:assumed-role/etl/i-0", "arn:aws:iam::111122223333:role/etl", False),
        ("arn:aws-cn:sts::111122223333:assumed-role/etl/i-0", "arn:aws:iam::111122223333:role/etl", False),
        ("arn:aws:iam::111122223333:user/ana", "arn:aws:iam::111122223333:user/ana", True),
        ("arn:aws:iam::111122223333:user/team/ana", "arn:aws:iam::111122223333:user/ana", False),
        ("arn:aws:sts::111122223333:assumed-role/ana/x", "arn:aws:iam::111122223333:user/ana", False),
    ],
)
def test_whether_a_caller_is_the_declared_one(actual, declared, same):
    assert is_caller(actual, Arn.parse_principal(declared)) is same


@pytest.mark.parametrize("uri", ["s3a://partner-data/", "s3a://scratch/"])
def test_another_base_identity_than_declared_is_final(sts, uri):
    sts.arns[BASE_KEY] = "arn:aws:sts::111122223333:assumed-role/node-role/i-0"
    role_sessions = sessions(sts, ENVIRONMENT, kind="env", arn=BASE_ARN)
    for _ in range(3):
        assert text_of(role_sessions, uri) == (HOP if "partner" in uri else "") + (
            "the base identity is arn:aws:sts::111122223333:assumed-role/node-role/i-0, the declaration says "
            f"{BASE_ARN} (base.arn); fix the identity this process runs with, or base.arn"
        )
    assert [call["Action"] for call in sts.calls] == ["GetCallerIdentity"]


def test_the_base_identity_is_compared_once_for_all_threads(sts):
    sts.delay = 0.2
    role_sessions = sessions(sts, ENVIRONMENT, kind="env", arn=BASE_ARN)
    threads = [
        threading.Thread(target=frozen, args=(role_sessions, uri))
        for uri in ("s3a://scratch/", "s3a://partner-data/", "s3a://finance-1/") * 5
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(sts.actions("GetCallerIdentity")) == 1


def test_a_base_that_cannot_be_compared_serves_nothing(sts):
    sts.refuse("GetCallerIdentity", "InvalidClientTokenId", "The security token included in the request is invalid.")
    assert text_of(sessions(sts, ENVIRONMENT, kind="env", arn=BASE_ARN), "s3a://scratch/") == (
        f"the base identity could not be compared with base.arn: GetCallerIdentity at {sts.url} was refused by STS: "
        "InvalidClientTokenId"
    )


@pytest.mark.parametrize(
    ("in_plan", "environment", "used"),
    [
        (True, {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "URL"),
        (False, {"AWS_ENDPOINT_URL_STS": "URL", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "URL"),
        (False, {"AWS_ENDPOINT_URL": "URL"}, "URL"),
        (False, {}, "https://sts.eu-west-1.amazonaws.com"),
        (False, {"AWS_ENDPOINT_URL_STS": "", "AWS_ENDPOINT_URL": ""}, "https://sts.eu-west-1.amazonaws.com"),
    ],
)
def test_where_sts_is_asked(sts, monkeypatch, tmp_path, in_plan, environment, used):
    from spark_xacct.aws.sts import StsClients

    (tmp_path / "config").write_text("[default]\nendpoint_url = http://127.0.0.1:1\nsts_regional_endpoints = legacy\n")
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    environment = {name: value.replace("URL", sts.url) for name, value in environment.items()}
    clients = StsClients(plan(sts.url if in_plan else None).access_map.sts, environment)
    client = clients.create_client("sts", aws_access_key_id=BASE_KEY, aws_secret_access_key="x")
    assert client.meta.endpoint_url == used.replace("URL", sts.url)
    assert clients.endpoint_for_people == used.replace("URL", sts.url)
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (2, 10)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"])
@pytest.mark.parametrize("uri", ["s3a://partner-data/", "s3a://scratch/"])
def test_an_address_in_the_environment_that_nobody_can_ask(variable, uri):
    role_sessions = RoleSessions(plan(None), dict(ENVIRONMENT, **{variable: "sts.internal:443"}), "run-1", "ana")
    for _ in range(2):
        with pytest.raises(RoleSessionError) as refused:
            frozen(role_sessions, uri)
        assert (refused.value.kind, str(refused.value)) == (
            "PLAN",
            ("role partner: " if "partner" in uri else "")
            + f'the address of STS "sts.internal:443" is not valid: it needs the form https://HOST; correct {variable}',
        )


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("vector", ADDRESSES, ids=lambda vector: vector["region"])
def test_the_regional_address_is_that_of_its_partition_and_the_one_that_botocore_asks(monkeypatch, vector, fips):
    from spark_xacct.aws.sts import StsClients

    environment = {"AWS_USE_FIPS_ENDPOINT": "true"} if fips else {}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clients = StsClients(Sts(vector["region"], None), environment)
    client = clients.create_client("sts", aws_access_key_id=BASE_KEY, aws_secret_access_key="x")
    asked = []
    client.meta.events.register("before-send.sts", lambda request, **_: asked.append(request.url) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        client.get_caller_identity()
    assert asked == [clients.endpoint_for_people + "/"]
    assert clients.endpoint_for_people == vector["fips" if fips else "address"]


def test_an_address_that_is_named_is_asked_though_fips_is_wanted(sts, monkeypatch):
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    frozen(sessions(sts, dict(ENVIRONMENT, AWS_USE_FIPS_ENDPOINT="true"), kind="env", arn=BASE_ARN))
    assert len(sts.actions("GetCallerIdentity")) == 1
