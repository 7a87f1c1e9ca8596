"""The launcher against a lab: logs in its S3, and the guide's own script under a role, across ends of sessions."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from fakes.aws_profiles import config
from fakes.watched import watched

from spark_xacct.declaration import load
from spark_xacct.lab import Lab
from spark_xacct.launch import Clients, LogSource, under_role
from spark_xacct.launch.logs import S3Follower
from spark_xacct.model import Base, BaseKind

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "examples" / "emr-eks-chain"
CLIENT = "arn:aws:sts::444455556666:assumed-role/client-role-2/"
LIFE_SECONDS = 4


@contextmanager
def lab_of_the_guide(base: BaseKind) -> Iterator[Lab]:
    access_map = load(GUIDE / "xacct.yaml").access_map
    with Lab(replace(access_map, base=Base(base, access_map.base.arn))) as lab:
        for number in range(12):
            lab.put(f"s3://client-data/events/part-{number:02d}.parquet", b"rows")
        lab.create_bucket("logs", "111122223333")
        yield lab


@pytest.fixture(scope="module")
def guide() -> Iterator[Lab]:
    with lab_of_the_guide(BaseKind.IRSA) as lab:
        yield lab


def test_log_objects_that_appear_over_time_are_read_once_and_in_order(guide: Lab) -> None:
    client = guide.root_client("111122223333", "s3")

    class OfTheLab(Clients):
        def client(self, *_: object) -> object:
            return client

    clients = OfTheLab(boto3.Session("AKIA", "s"), "us-east-1")
    follower = S3Follower(clients, LogSource("stdout", "s3", "s3://logs/jobs/*/stdout.gz"))
    given: list[str] = []
    for key, text in (("1", "a\n"), ("1", "a\nb"), ("10", "later\n"), ("2", "earlier\n"), ("1", "a\nb\nc\n")):
        client.put_object(Bucket="logs", Key=f"jobs/{key}/stdout.gz", Body=gzip.compress(text.encode()))
        given += [line for piece in follower.poll() for line in piece.lines]
        given += [line for piece in follower.poll() for line in piece.lines]

    assert given == ["a", "later", "earlier", "b", "c"]


def script(lab: Lab) -> list[str]:
    """The guide's, unchanged."""
    arguments = ["client-data", "events/", lab.queue_url("events"), "us-east-1"]
    return [sys.executable, str(GUIDE / "boto3_only.py"), *arguments]


def run_in(lab: Lab, *options: str) -> list[str]:
    """The guide's script under the role."""
    command = [sys.executable, "-m", "spark_xacct", "run", "--config", str(GUIDE / "xacct.yaml"), "--role", "client"]
    return [*command, *options, "--", *script(lab)]


def environment(lab: Lab) -> dict[str, str]:
    return {**lab.process_environment(), "PYTHONPATH": str(ROOT)}


def check_across_ends(lab: Lab, command: list[str], variables: dict[str, str]) -> None:
    """Runs the guide's script over several lives of a session, and looks at everything others may see meanwhile."""
    lab.clear_calls()
    started = time.monotonic()
    with lab.short_lives(LIFE_SECONDS, "client"), lab.faults("delay", service="sqs", delay_seconds=0.8):
        out, err, seen = watched(command, variables)

    assert (out.startswith(f"sent=12 as={CLIENT}"), err) == (True, "")
    assert time.monotonic() - started > 2 * LIFE_SECONDS
    calls = lab.calls()
    assert {call.status for call in calls if call.service in ("s3", "sqs")} == {200}
    assert {str(call.who).startswith(CLIENT) for call in calls if call.service in ("s3", "sqs")} == {True}
    assert len([call for call in calls if call.operation == "AssumeRole"]) > 1, "the sessions ended and were renewed"
    assert "boto3_only.py" in seen, "positive control: it was looked at"
    assert [secret for secret in lab.secrets() if secret in seen] == []


def test_run_carries_the_guides_script_unchanged_across_ends_of_sessions_and_shows_no_secret(guide: Lab) -> None:
    check_across_ends(guide, run_in(guide), environment(guide))


def test_credential_process_carries_the_guides_script_unchanged_across_ends_of_sessions_and_shows_no_secret(
    tmp_path: Path,
) -> None:
    """With Pod Identity: where the base is IRSA, boto3 takes the web identity before a default credential_process."""
    with lab_of_the_guide(BaseKind.POD_IDENTITY) as lab:
        check_across_ends(lab, script(lab), config(lab, tmp_path, "aws-profile-process", lab.access_map))


def test_with_static_keys_the_secret_is_where_the_warning_says(guide: Lab) -> None:
    """The positive control of the test above, with the same eyes."""
    out, err, seen = watched(run_in(guide, "--static-keys"), environment(guide))

    assert out.startswith(f"sent=12 as={CLIENT}")
    assert "the keys are in the environment of" in err
    assert [secret for secret in guide.secrets() if secret in seen] != []


def test_without_run_the_same_script_is_the_base_identity_and_is_refused(guide: Lab) -> None:
    done = subprocess.run(script(guide), env=environment(guide), capture_output=True, text=True)

    assert done.returncode == 1
    assert "AccessDenied" in done.stderr


def test_the_command_has_nothing_left_of_the_base_identity(guide: Lab) -> None:
    command = [*run_in(guide)[: run_in(guide).index("--") + 1], sys.executable, "-c", "import os; print(*os.environ)"]
    before = environment(guide)

    done = subprocess.run(command, env=before, capture_output=True, text=True, check=True)

    assert set(before) & set(under_role.REMOVED), "positive control: there was something"
    assert set(done.stdout.split()) & set(under_role.REMOVED) == set()
