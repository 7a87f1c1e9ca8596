"""The command credentials: one JSON object on stdout for an SDK to read, everything else on stderr, and no secret on a screen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from click.testing import CliRunner, Result
from fakes import plans
from fakes.sts import FakeSts

from spark_xacct.cli.application import cli
from spark_xacct.plan import Plan

ROOT = Path(__file__).parents[2]
DEFAULT = {"python": {"roles": ["finance", "partner"], "default_role": "partner"}}


@pytest.fixture(autouse=True)
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as the base identity of the plans, in an empty folder, with no setting of the tool or of AWS."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "SPARK_XACCT_")):
            monkeypatch.delenv(name)
    for name, value in plans.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sts() -> Iterator[FakeSts]:
    with FakeSts() as server:
        yield server


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["credentials", *arguments], prog_name="spark-xacct")


def run_with(plan: Plan, *arguments: str) -> Result:
    return run("--plan", plan.text, *arguments)


def test_it_prints_what_an_sdk_asks_for_and_nothing_else(sts: FakeSts) -> None:
    before = datetime.now(timezone.utc)
    result = run_with(plans.plan(sts.url), "--role", "partner")
    answer = json.loads(result.stdout)
    ends = answer.pop("Expiration")
    assert (result.exit_code, result.stderr) == (0, "")
    (key,) = [key for key in sts.arns if key.startswith("ASIAREADER")]
    assert answer == {
        "Version": 1,
        "AccessKeyId": key,
        "SecretAccessKey": f"PLANTED-SECRET-{key}",
        "SessionToken": f"PLANTED-TOKEN-{key}",
    }
    assert ends.endswith("Z")
    life = datetime.fromisoformat(ends.replace("Z", "+00:00")) - before
    assert timedelta(minutes=59) < life <= timedelta(minutes=60, seconds=30)
    assert sts.assumed() == ["hub", "reader"]


def test_without_a_role_it_is_the_default_role(sts: FakeSts) -> None:
    assert run_with(plans.plan(sts.url, **DEFAULT)).exit_code == 0
    assert sts.assumed() == ["hub", "reader"]
    result = run_with(plans.plan(sts.url))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(
        "Error: which role? There is no python.default_role; say --role with one of python.roles: finance, partner\n"
    )


def test_a_declaration_a_plan_file_and_a_plan_text_are_followed_alike(
    sts: FakeSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plans.plan(sts.url)
    declared = {
        "version": 1,
        "base": {"kind": "env", "arn": plans.BASE_ARN},
        "sts": {"region": "eu-west-1", "endpoint": sts.url},
        "roles": {"hub": {"arn": plans.HUB_ARN}, "partner": {"arn": plans.READER_ARN, "via": "hub"}},
        "buckets": {"partner-data": "partner"},
    }
    (tmp_path / "xacct.yaml").write_text(json.dumps(declared), encoding="utf-8")
    (tmp_path / "xacct.plan").write_text(plan.text, encoding="utf-8")
    ways = ([], ["--config", "xacct.plan"], ["--plan", "file:xacct.plan"], ["--plan", plan.text])
    for number, arguments in enumerate(ways):
        # Else they share the session of this process.
        monkeypatch.setenv("SPARK_XACCT_RUN", f"run-{number}")
        assert run("--role", "partner", *arguments).exit_code == 0, arguments
    assert sts.assumed() == ["hub", "reader"] * 4


@pytest.mark.parametrize(
    ("role", "says"),
    [
        (
            "hub",
            'role "hub" is not among python.roles; Python may ask for: finance, partner; add it to python: {roles: [...]} in the '
            "declaration (plan PLAN)",
        ),
        (
            "partnr",
            'role "partnr" is not declared; Python may ask for: finance, partner; did you mean "partner"? Else declare it under roles: '
            "(plan PLAN)",
        ),
    ],
)
def test_a_role_that_python_may_not_ask_for_is_wrong_usage(sts: FakeSts, role: str, says: str) -> None:
    plan = plans.plan(sts.url)
    result = run_with(plan, "--role", role)
    assert (result.exit_code, result.stdout, sts.calls) == (2, "", [])
    assert result.stderr.splitlines()[-1] == f"Error: --role: {says.replace('PLAN', plan.id)}"


def test_what_aws_refuses_ends_with_4_and_its_words(sts: FakeSts) -> None:
    sts.refuse("reader", "AccessDenied", "User: hub is not authorized to perform: sts:AssumeRole")
    result = run_with(plans.plan(sts.url), "--role", "partner")
    first, second = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (4, "")
    assert first.startswith(
        f"role partner: hop 2 of 2 ({plans.READER_ARN}) refused by STS: AccessDenied; account 444455556666 must let {plans.HUB_ARN} "
        "assume it (trust policy), or account 111122223333 must allow sts:AssumeRole on it; retry after "
    )
    assert second == "User: hub is not authorized to perform: sts:AssumeRole"


def test_a_base_identity_that_is_not_there_ends_with_4(sts: FakeSts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    result = run_with(plans.plan(sts.url), "--role", "partner")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith(
        f"role partner: hop 1 of 2 ({plans.HUB_ARN}): the base identity (env) gives no credentials: environment variable "
        "AWS_ACCESS_KEY_ID is not set, which base env needs; "
    )


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        ((), "xacct.yaml:1:1: there is no such file; create it, or name another one (--config, SPARK_XACCT_CONFIG)"),
        (("--plan", "z1:x"), "the plan text is cut or damaged (4 characters arrived); copy it again in full"),
    ],
)
def test_a_bad_declaration_ends_with_3(arguments: tuple[str, ...], first: str) -> None:
    result = run("--role", "partner", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", first + "\n")


def test_no_log_record_and_no_line_of_stderr_holds_a_secret(sts: FakeSts, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="spark_xacct")
    result = run_with(plans.plan(sts.url), "--role", "partner")
    assert "PLANTED-SECRET" in result.stdout
    assert [record for record in caplog.records if record.name.startswith("spark_xacct")]
    assert "PLANTED" not in result.stderr + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("spark_xacct")
    )


# As processes


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def on_a_terminal(*arguments: str) -> tuple[int, str, str]:
    """The exit code, what came on the terminal, and on stderr, which is none."""
    reader, writer = pty.openpty()
    command = [sys.executable, "-m", "spark_xacct", "credentials", *arguments]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, env=environment(), text=True, check=False)
    os.close(writer)
    shown = b""
    try:
        while chunk := os.read(reader, 65_536):
            shown += chunk
    except OSError:  # Linux: the other end is closed, and everything is read
        pass
    os.close(reader)
    return done.returncode, shown.decode(), done.stderr


def test_a_terminal_is_refused_before_anybody_is_asked(sts: FakeSts) -> None:
    plan = plans.plan(sts.url)
    code, shown, said = on_a_terminal("--role", "partner", "--plan", plan.text)
    assert (code, shown, sts.calls) == (2, "", [])
    assert said.splitlines()[-1] == (
        "Error: this would print secrets on a terminal; let an AWS profile run it as its credential_process, or say --show"
    )
    code, shown, said = on_a_terminal("--role", "partner", "--plan", plan.text, "--show")
    assert (code, said, json.loads(shown)["Version"]) == (0, "", 1)


def botocore_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: Plan) -> Any:
    command = f"{sys.executable} -m spark_xacct credentials --role partner --plan {plan.text}"
    config = tmp_path / "aws-config"
    config.write_text(f"[profile xacct-partner]\ncredential_process = {command}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return botocore.session.Session(profile="xacct-partner").get_credentials()


def test_botocore_runs_it_and_runs_it_again_before_a_session_ends(
    sts: FakeSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = botocore_with(tmp_path, monkeypatch, plans.plan(sts.url))
    first = credentials.get_frozen_credentials()
    assert (first.access_key, credentials.method) == (next(reversed(sts.arns)), "custom-process")
    assert credentials.get_frozen_credentials() == first
    later = datetime.now(timezone.utc) + timedelta(minutes=50)
    monkeypatch.setattr(credentials, "_time_fetcher", lambda: later)
    assert credentials.get_frozen_credentials().access_key == next(reversed(sts.arns)) != first.access_key


def test_botocore_passes_on_why_there_is_none(sts: FakeSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sts.refuse("reader", "AccessDenied", "no")
    with pytest.raises(Exception, match=r"custom-process.*role partner: hop 2 of 2 .* refused by STS: AccessDenied"):
        botocore_with(tmp_path, monkeypatch, plans.plan(sts.url))
