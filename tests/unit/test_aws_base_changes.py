"""The base identity over time: keys that are replaced under us, and who they then are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from fakes.plans import BASE_ARN, ENVIRONMENT, plan
from fakes.sts import BASE_KEY, FakeSts

from spark_xacct.aws import RoleSessions
from spark_xacct.errors import RoleSessionError

SAME = "arn:aws:sts::111122223333:assumed-role/etl/i-1"
OTHER = "arn:aws:sts::111122223333:assumed-role/node-role/i-1"
REFUSED = (
    f"the base identity is {OTHER}, the declaration says {BASE_ARN} (base.arn); fix the identity this process runs with, "
    "or base.arn; retry after "
)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Source:
    """Where the keys of a base identity stand, and can be replaced."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.environment: dict[str, str] = {}
        self.base = {"kind": kind, "arn": BASE_ARN, **({"profile": "etl"} if kind == "profile" else {})}
        self._file = folder / "credentials"

    def write(self, key: str) -> None:
        self.environment.update({**ENVIRONMENT, "AWS_ACCESS_KEY_ID": key})
        self._file.write_text(f"[etl]\naws_access_key_id = {key}\naws_secret_access_key = x\n")

    def remove(self) -> None:
        self.environment.clear()
        self._file.write_text("[etl]\n")


@pytest.fixture
def sts() -> Iterator[FakeSts]:
    with FakeSts() as fake:
        fake.arns.update(AKIASAME=SAME, AKIAOTHER=OTHER)
        yield fake


@pytest.fixture(params=["env", "profile"])
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    found = Source(request.param, tmp_path)
    found.write(BASE_KEY)
    return found


def made(sts: FakeSts, clock: Clock, environment: dict[str, str], base: dict[str, Any]) -> Any:
    """The credentials of the base identity."""
    role_sessions = RoleSessions(plan(sts.url, base=base), environment, "run-1", "ana", clock)
    return role_sessions.session_for("s3a://scratch/").get_credentials()


def test_replaced_keys_are_found_after_some_seconds_and_compared(sts: FakeSts, source: Source) -> None:
    clock = Clock()
    credentials = made(sts, clock, source.environment, source.base)
    assert credentials.access_key == BASE_KEY
    source.write("AKIASAME")
    clock.pass_seconds(9)
    assert credentials.access_key == BASE_KEY
    clock.pass_seconds(2)
    assert credentials.access_key == "AKIASAME"
    assert [call["Action"] for call in sts.calls] == ["GetCallerIdentity"] * 2


def test_keys_of_another_identity_serve_nothing(sts: FakeSts, source: Source) -> None:
    clock = Clock()
    credentials = made(sts, clock, source.environment, source.base)
    assert credentials.access_key == BASE_KEY
    source.write("AKIAOTHER")
    clock.pass_seconds(11)
    for _ in range(2):
        with pytest.raises(RoleSessionError) as refused:
            credentials.get_frozen_credentials()
        assert (refused.value.kind, str(refused.value)) == ("BASE_MISSING", REFUSED + "00:00:41 UTC")
    source.write(BASE_KEY)
    clock.pass_seconds(31)
    assert credentials.access_key == BASE_KEY
    # What was compared last is this key.
    assert len(sts.calls) == 2


def test_the_same_keys_are_compared_once(sts: FakeSts, source: Source) -> None:
    clock = Clock()
    credentials = made(sts, clock, source.environment, source.base)
    for _ in range(5):
        assert credentials.access_key == BASE_KEY
        clock.pass_seconds(11)
    assert len(sts.calls) == 1


def test_keys_that_are_gone_serve_no_longer(sts: FakeSts, source: Source) -> None:
    clock = Clock()
    credentials = made(sts, clock, source.environment, source.base)
    assert credentials.access_key == BASE_KEY
    source.remove()
    clock.pass_seconds(11)
    with pytest.raises(RoleSessionError) as refused:
        credentials.get_frozen_credentials()
    assert str(refused.value).startswith(f"the base identity ({source.base['kind']}) gives no credentials: ")


def test_keys_that_tell_their_end_are_compared_when_they_are_others(
    sts: FakeSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    sts.now = clock
    (tmp_path / "token").write_text("PLANTED-WEB-TOKEN")
    environment = {"AWS_ROLE_ARN": BASE_ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    credentials = made(sts, clock, environment, {"kind": "irsa", "arn": BASE_ARN})
    first = credentials.access_key
    for _ in range(3):
        clock.pass_seconds(60)
        assert credentials.access_key == first
    environment["AWS_ROLE_ARN"] = BASE_ARN.replace("etl", "node-role")
    clock.pass_seconds(3_000)
    with pytest.raises(RoleSessionError) as refused:
        credentials.get_frozen_credentials()
    assert "the base identity is arn:aws:sts::111122223333:assumed-role/node-role/xacct-run-1" in str(refused.value)
    asked = [call["Action"] for call in sts.calls]
    assert asked == ["AssumeRoleWithWebIdentity", "GetCallerIdentity"] * 2


def test_a_program_that_names_no_end_runs_once(sts: FakeSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys.sh").write_text(
        f'echo x >> {tmp_path}/runs\necho \'{{"Version": 1, "AccessKeyId": "{BASE_KEY}", "SecretAccessKey": "x"}}\'\n'
    )
    (tmp_path / "config").write_text(f"[profile etl]\ncredential_process = sh {tmp_path}/keys.sh\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    clock = Clock()
    credentials = made(sts, clock, {}, {"kind": "profile", "profile": "etl", "arn": BASE_ARN})
    for _ in range(3):
        assert credentials.access_key == BASE_KEY
        clock.pass_seconds(11)
    assert (tmp_path / "runs").read_text() == "x\n"


def test_the_name_of_a_web_identity_session_fits_sts(sts: FakeSts, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("PLANTED-WEB-TOKEN")
    environment = {"AWS_ROLE_ARN": BASE_ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    role_sessions = RoleSessions(
        plan(sts.url, base={"kind": "irsa"}), environment, "nightly load #7 " + "0" * 80, "ana"
    )
    role_sessions.session_for("s3a://scratch/").get_credentials().get_frozen_credentials()
    assert sts.calls[0]["RoleSessionName"] == "xacct-nightly-load--7-" + "0" * 42
