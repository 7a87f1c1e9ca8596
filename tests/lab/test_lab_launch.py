"""The launcher against a lab: logs in its S3, and the guide's own script under a role, across ends of sessions."""

from __future__ import annotations

import contextlib
import gzip
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from spark_xacct.declaration import load
from spark_xacct.lab import Lab
from spark_xacct.launch import Clients, LogSource, under_role
from spark_xacct.launch.logs import S3Follower

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "examples" / "emr-eks-chain"
CLIENT = "arn:aws:sts::444455556666:assumed-role/client-role-2/"
LIFE_SECONDS = 4


@pytest.fixture(scope="module")
def guide() -> Iterator[Lab]:
    with Lab(load(GUIDE / "xacct.yaml").access_map) as lab:
        for number in range(12):
            lab.put(f"s3://client-data/events/part-{number:02d}.parquet", b"rows")
        lab.create_bucket("logs", "111122223333")
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


def shown(pid: int) -> str:
    """What others on this machine see of a process and of those it starts."""
    family, seen = {str(pid)}, []
    for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] in family:
                family.add(stat.parent.name)
    for one in family:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                seen.append(Path("/proc", one, name).read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return "\n".join(seen)


def watched(command: list[str], environment: Mapping[str, str]) -> tuple[str, str, str]:
    """Output, errors, and everything that was to be seen of the process meanwhile."""
    seen: set[str] = set()
    process = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        seen.add(shown(process.pid))
        time.sleep(0.02)
    out, err = process.communicate()
    return out, err, "\n".join(seen)


def run_in(lab: Lab, *options: str) -> list[str]:
    """The guide's script, unchanged, under the role."""
    script = [
        sys.executable,
        str(GUIDE / "boto3_only.py"),
        "client-data",
        "events/",
        lab.queue_url("events"),
        "us-east-1",
    ]
    command = [sys.executable, "-m", "spark_xacct", "run", "--config", str(GUIDE / "xacct.yaml"), "--role", "client"]
    return [*command, *options, "--", *script]


def environment(lab: Lab) -> dict[str, str]:
    return {**lab.process_environment(), "PYTHONPATH": str(ROOT)}


def test_the_guides_script_runs_unchanged_across_ends_of_sessions_and_shows_no_secret(guide: Lab) -> None:
    guide.clear_calls()
    started = time.monotonic()
    with guide.short_lives(LIFE_SECONDS, "client"), guide.faults("delay", service="sqs", delay_seconds=0.8):
        out, err, seen = watched(run_in(guide), environment(guide))

    assert (out.startswith(f"sent=12 as={CLIENT}"), err) == (True, "")
    assert time.monotonic() - started > 2 * LIFE_SECONDS
    calls = guide.calls()
    assert {call.status for call in calls if call.service in ("s3", "sqs")} == {200}
    assert {str(call.who).startswith(CLIENT) for call in calls if call.service in ("s3", "sqs")} == {True}
    assert len([call for call in calls if call.operation == "AssumeRole"]) > 1, "the sessions ended and were renewed"
    assert "credential_process" not in seen
    assert "boto3_only.py" in seen, "positive control: it was looked at"
    assert [secret for secret in guide.secrets() if secret in seen] == []


def test_with_static_keys_the_secret_is_where_the_warning_says(guide: Lab) -> None:
    """The positive control of the test above, with the same eyes."""
    out, err, seen = watched(run_in(guide, "--static-keys"), environment(guide))

    assert out.startswith(f"sent=12 as={CLIENT}")
    assert "the keys are in the environment of" in err
    assert [secret for secret in guide.secrets() if secret in seen] != []


def test_without_run_the_same_script_is_the_base_identity_and_is_refused(guide: Lab) -> None:
    done = subprocess.run(
        run_in(guide)[run_in(guide).index("--") + 1 :], env=environment(guide), capture_output=True, text=True
    )

    assert done.returncode == 1
    assert "AccessDenied" in done.stderr


def test_the_command_has_nothing_left_of_the_base_identity(guide: Lab) -> None:
    command = [*run_in(guide)[: run_in(guide).index("--") + 1], sys.executable, "-c", "import os; print(*os.environ)"]
    before = environment(guide)

    done = subprocess.run(command, env=before, capture_output=True, text=True, check=True)

    assert set(before) & set(under_role.REMOVED), "positive control: there was something"
    assert set(done.stdout.split()) & set(under_role.REMOVED) == set()
