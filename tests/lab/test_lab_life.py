"""A lab's life: what it leaves running, what it leaves behind, who may talk to it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import SSLError
from fakes.lab_clients import Callers, refused
from fakes.two_accounts import ETL, EXTERNAL_ID, HUB, A, two_accounts, writer

from spark_xacct.lab import Lab, LabError
from spark_xacct.lab import proofs as proofs_module
from spark_xacct.lab.control import TOKEN_HEADER
from spark_xacct.model import AccessMap, Arn, Base, BaseKind, ExternalId, Sts

SMALL = AccessMap(Base(BaseKind.IRSA), Sts("eu-west-1"), {}, ())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(*pids: int) -> bool:
    end = time.monotonic() + 20
    while any(is_running(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(is_running(pid) for pid in pids)


def gone_or_killed(*pids: int) -> bool:
    """Whether they went by themselves; a failed test leaves nothing behind either."""
    gone = wait_until_gone(*pids)
    for pid in pids:
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)
    return gone


def test_stop_leaves_neither_processes_nor_files():
    with Lab(SMALL) as lab:
        process, folder = lab.process, lab.folder
        assert is_running(process.pid)
        assert is_running(process.ministack_pid)

    assert not is_running(process.pid)
    assert not is_running(process.ministack_pid)
    assert not folder.exists()
    lab.stop()
    with pytest.raises(LabError, match="the lab does not run; use it inside its with block, or call start"):
        lab.endpoint  # noqa: B018


STARTS_A_LAB = """
import sys
from spark_xacct.lab import Lab
from spark_xacct.model import AccessMap, Base, BaseKind, Sts
lab = Lab(AccessMap(Base(BaseKind.IRSA), Sts("eu-west-1"), {}, ())).start()
print(lab.process.pid, lab.process.ministack_pid, lab.folder, flush=True)
sys.stdin.read()
"""


def test_a_lab_ends_with_the_process_that_started_it():
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_LAB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    first, second, folder = parent.stdout.readline().split()

    parent.kill()
    parent.communicate()

    assert gone_or_killed(int(first), int(second))
    assert not Path(folder).exists()


def test_ministack_ends_when_the_front_is_killed():
    with Lab(SMALL) as lab:
        os.kill(lab.process.pid, signal.SIGKILL)

        assert gone_or_killed(lab.process.ministack_pid)


def test_everything_listens_on_loopback_only(lab: Lab):
    listening = {
        int(line.split()[1].rpartition(":")[2], 16): line.split()[1].rpartition(":")[0]
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        if line.split()[3] == "0A"
    }

    ports = [lab.process.port, lab.process.tls_port, lab.process.backend_port]
    assert {listening[port] for port in ports if port} == {"0100007F"}


def test_files_are_for_their_owner_only(lab: Lab):
    assert stat.S_IMODE(lab.folder.stat().st_mode) == 0o700
    secret = [Path(lab.environment()["AWS_WEB_IDENTITY_TOKEN_FILE"]), lab.folder / "lab.pem"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in secret] == [0o600, 0o600]


def test_tls_serves_the_same_lab(lab: Lab):
    assert lab.process.certificate is not None
    callers = Callers(lab, lab.tls_endpoint)
    with pytest.raises(SSLError):
        callers.base()

    context = ssl.create_default_context(cafile=lab.process.certificate)
    connection = http.client.HTTPSConnection("127.0.0.1", lab.process.tls_port, context=context)
    connection.request("GET", "/partner-data/in/a.txt")
    answer = connection.getresponse()
    assert (answer.status, b"AccessDenied" in answer.read()) == (403, True)
    connection.close()


def test_a_lab_without_tls_says_how_to_get_it():
    with Lab(SMALL) as lab, pytest.raises(LabError) as refusal:
        lab.tls_endpoint  # noqa: B018
    assert str(refusal.value) == "this lab has no TLS port; make it with Lab(..., tls=True)"


@pytest.mark.parametrize("headers", [{}, {TOKEN_HEADER: "guessed"}])
def test_the_control_path_opens_with_its_token_only(lab: Lab, headers: dict[str, str]):
    def status(more: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", lab.process.port)
        connection.request("POST", "/_lab/secrets", "{}", more)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 200 or content == b""
        return answer.status

    assert status({TOKEN_HEADER: lab.process.token}) == 200
    assert status(headers) == 404


def test_nobody_resets_the_accounts_from_outside(lab: Lab):
    connection = http.client.HTTPConnection("127.0.0.1", lab.process.port)
    connection.request("POST", "/_ministack/reset")
    assert connection.getresponse().status == 403
    connection.close()
    assert lab.get("s3://partner-data/in/a.txt") == b"partner's"


def test_what_is_not_http_ends_its_own_connection_only(lab: Lab, callers: Callers):
    with socket.create_connection(("127.0.0.1", lab.process.port)) as connection:
        connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert connection.recv(10) == b""

    assert callers.base().read("our-data") == b"ours"


# Each proof that a lab must hold at its start, by the refusal it stands for.
def test_a_lab_says_what_it_refuses(lab: Lab):
    assert [proof for proof in lab.proofs if "refused" in proof] == [
        "a role that does not trust the caller is refused (AccessDenied)",
        "a wrong external id is refused (AccessDenied)",
        "no external id is refused (AccessDenied)",
        "a wrong signature is refused (SignatureDoesNotMatch)",
        "another account's bucket is refused (AccessDenied)",
        "an unsigned read is refused (AccessDenied)",
        "less than 900 s is refused (ValidationError)",
        "more than the role's maximum is refused (ValidationError)",
        "more than 1 h in a chain is refused (ValidationError)",
        "a forged web identity token is refused (InvalidIdentityToken)",
        "a web identity token of an unknown issuer is refused (InvalidIdentityToken)",
        "a web identity token for another subject is refused (AccessDenied)",
        "a session that was ended is refused (ExpiredToken)",
        "a session after its time is refused (ExpiredToken)",
    ]


def test_a_lab_that_lets_everything_through_is_not_handed_out(monkeypatch: pytest.MonkeyPatch):
    # As if the server trusted everybody: the role that must be closed is open.
    monkeypatch.setattr(proofs_module, "_role", lambda name: f"arn:aws:iam::{proofs_module.OTHER}:role/open")
    lab = Lab(SMALL)

    with pytest.raises(LabError) as refusal:
        lab.start()

    assert str(refusal.value) == (
        "the lab does not refuse a role that does not trust the caller; nothing that runs against it would prove anything"
    )
    with pytest.raises(LabError):
        lab.process  # noqa: B018


def test_a_base_that_is_a_user_has_a_key_in_the_environment():
    user = Base(BaseKind.ENV, Arn.parse_principal(f"arn:aws:iam::{A}:user/team/etl"))
    with Lab(two_accounts(writer(duration_seconds=43_200), base=user)) as lab:
        exports = lab.environment()
        sts = boto3.Session(exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"]).client(
            "sts", endpoint_url=lab.endpoint, region_name="eu-west-1"
        )

        assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{A}:user/team/etl"
        values = {"RoleSessionName": "long", "ExternalId": EXTERNAL_ID, "DurationSeconds": 43_200}
        assert sts.assume_role(RoleArn=str(lab.access_map.roles["writer"].arn), **values)["Credentials"]
        assert [call.who for call in lab.calls()] == [f"arn:aws:iam::{A}:user/team/etl"] * 2


def test_a_base_by_profile_has_a_credentials_file():
    user = Base(BaseKind.PROFILE, Arn.parse_principal(f"arn:aws:iam::{A}:user/etl"), profile="jobs")
    with Lab(two_accounts(base=user)) as lab:
        code = "import boto3; print(boto3.Session(profile_name='jobs').client('sts').get_caller_identity()['Arn'])"
        done = subprocess.run(
            [sys.executable, "-c", code], env=lab.process_environment(), capture_output=True, text=True, check=True
        )

    assert done.stdout.strip() == f"arn:aws:iam::{A}:user/etl"


@pytest.mark.parametrize(
    ("kind", "session"),
    [
        (BaseKind.INSTANCE_PROFILE, "i-0123456789abcdef0"),
        (BaseKind.CONTAINER, "lab-platform"),
        (BaseKind.POD_IDENTITY, "lab-platform"),
        (BaseKind.EMR_RUNTIME_ROLE, "lab-platform"),
    ],
    ids=str,
)
def test_a_base_that_a_platform_gives_out(kind: BaseKind, session: str):
    code = (
        "import boto3\n"
        "sts = boto3.client('sts')\n"
        "print(sts.get_caller_identity()['Arn'])\n"
        f"sts.assume_role(RoleArn='{HUB}', RoleSessionName='run-1')"
    )
    with Lab(two_accounts(base=Base(kind, ETL))) as lab:

        def run() -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", code]
            return subprocess.run(command, env=lab.process_environment(), capture_output=True, text=True, check=False)

        good = run()
        with lab.without(role="hub", action="sts:TagSession" if kind is BaseKind.POD_IDENTITY else "sts:AssumeRole"):
            bad = run()

        assert (good.stdout, good.stderr) == (f"arn:aws:sts::{A}:assumed-role/etl/{session}\n", "")
        assert "AccessDenied" in bad.stderr
        assert [call.status for call in lab.calls(operation="AssumeRole")] == [200, 403]
        assert not [secret for secret in lab.secrets() if secret in str(lab.spark_properties())]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [("GET", "/_credentials", {}), ("GET", "/_credentials", {"Authorization": "guessed"})],
    ids=["no token", "a wrong token"],
)
def test_container_credentials_ask_for_their_token(method: str, path: str, headers: dict[str, str]):
    with Lab(two_accounts(base=Base(BaseKind.CONTAINER, ETL))) as lab:

        def status(more: dict[str, str]) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", lab.process.port)
            connection.request(method, path, headers=more)
            found = connection.getresponse().status
            connection.close()
            return found

        assert status({"Authorization": lab.environment()["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}) == 200
        assert status(headers) == 401


def test_what_a_lab_cannot_be_is_said():
    lab = Lab(two_accounts(base=Base(BaseKind.CLASS, ETL, class_name="com.example.Provider")))

    with pytest.raises(LabError) as refusal:
        lab.start()

    assert str(refusal.value) == (
        f"the lab cannot be a base identity of kind class with {ETL}; use an environment (environments: in the declaration) "
        "with base irsa, or env with a user"
    )


def test_an_external_id_that_is_a_reference_is_made_and_exported():
    with Lab(two_accounts(writer(external_id=ExternalId(env="WRITER_ID")))) as lab:
        exported = lab.environment()["WRITER_ID"]
        base = Callers(lab).base()

        base.assume("writer", ExternalId=exported)
        with refused("AccessDenied", 403):
            base.assume("writer", ExternalId=EXTERNAL_ID)
        assert lab.spark_properties()["spark.executorEnv.WRITER_ID"] == exported
