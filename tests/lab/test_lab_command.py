"""``spark-xacct lab``: a lab that stays between commands."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_lab_life import wait_until_gone
from test_lab_pytest_plugin import DECLARATION

from spark_xacct.lab import cache, ministack


class CommandLine:
    """``spark-xacct`` in a folder with a declaration, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder, folder / "cache"
        self.environment = {**os.environ, cache.CACHE_ENVIRONMENT: str(self.cache)}
        self.cache.mkdir()
        # Installed once for the whole machine: its 90 MB are not what is tested here.
        installed = ministack.command().parents[1]
        (self.cache / installed.name).symlink_to(installed)
        (folder / "xacct.yaml").write_text(DECLARATION, encoding="utf-8")

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from spark_xacct.cli import main; main()", "lab", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def command(tmp_path: Path) -> Iterator[CommandLine]:
    line = CommandLine(tmp_path)
    yield line
    line("down")


def test_up_status_put_down(command: CommandLine):
    up = command("up")
    assert up.returncode == 0, up.stderr
    told = re.fullmatch(r"the lab runs on (http://127\.0\.0\.1:[0-9]+) \(pid ([0-9]+)\); 22 proofs held\n", up.stderr)
    assert told
    exports = dict(shlex.split(line)[1].split("=", 1) for line in up.stdout.splitlines())
    assert exports["AWS_ENDPOINT_URL"] == told.group(1)

    state = command.cache / "running-lab.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    ministack_pid = json.loads(state.read_text(encoding="utf-8"))["process"]["ministack_pid"]

    again = command("up")
    assert (again.returncode, again.stderr) == (
        1,
        f"a lab runs already (pid {told.group(2)}); end it with: spark-xacct lab down\n",
    )

    assert command("put", "xacct.yaml", "s3://partner-data/x.yaml").returncode == 0
    code = "import boto3; boto3.client('sts').get_caller_identity()"
    subprocess.run([sys.executable, "-c", code], env={**command.environment, **exports}, check=True)
    status = json.loads(command("status", "--format", "json").stdout)
    assert (status["endpoint"], status["pid"]) == (told.group(1), int(told.group(2)))
    assert [(call["operation"], call["status"], call["calls"]) for call in status["calls"]] == [
        ("sts:GetCallerIdentity", 200, 1),
        ("sts:AssumeRoleWithWebIdentity", 200, 1),
    ]

    down = command("down")
    assert (down.returncode, down.stderr) == (0, f"the lab with pid {told.group(2)} is down\n")
    assert wait_until_gone(int(told.group(2)), ministack_pid)
    assert list((command.cache / "labs").iterdir()) == []
    assert not state.exists()


def test_without_a_lab(command: CommandLine):
    status, down, put = command("status"), command("down"), command("put", "xacct.yaml", "s3://partner-data/x")

    assert (status.returncode, status.stderr) == (1, "no lab runs; start one with: spark-xacct lab up\n")
    assert (down.returncode, down.stderr) == (0, "no lab runs\n")
    assert (put.returncode, put.stderr) == (1, "no lab runs; start one with: spark-xacct lab up\n")


def test_a_state_file_that_lies_ends_nobody(command: CommandLine):
    state = command.cache / "running-lab.json"
    (command.cache / "labs").mkdir()
    process = {"pid": os.getpid(), "ministack_pid": 1, "port": 9, "backend_port": 9, "token": "x"}
    value = {
        "folder": str(command.cache / "labs" / "lab-1"),
        "process": process,
        "environment": {},
        "spark_properties": {},
    }
    state.write_text(json.dumps(value), encoding="utf-8")

    down = command("down")

    assert (down.returncode, down.stderr, state.exists()) == (0, "no lab runs\n", False)


def test_jars_are_copied(command: CommandLine, tmp_path: Path):
    # From the cache of the machine, where other tests need them too.
    del command.environment[cache.CACHE_ENVIRONMENT]

    done = command("jars", "--release", "3.5", "--to", str(tmp_path / "jars"))

    assert (done.returncode, done.stderr) == (0, f"9 jars, 6.8 MB, in {tmp_path / 'jars'}\n")
    assert sorted(jar.name for jar in (tmp_path / "jars").iterdir()) == [
        "aws-java-sdk-core-1.12.262.jar",
        "aws-java-sdk-dynamodb-1.12.262.jar",
        "aws-java-sdk-kms-1.12.262.jar",
        "aws-java-sdk-s3-1.12.262.jar",
        "aws-java-sdk-sts-1.12.262.jar",
        "hadoop-aws-3.3.4.jar",
        "jackson-dataformat-cbor-2.12.6.jar",
        "jmespath-java-1.12.262.jar",
        "joda-time-2.8.1.jar",
    ]


def test_an_unknown_release_is_refused(command: CommandLine, tmp_path: Path):
    done = command("jars", "--release", "2.4", "--to", str(tmp_path / "jars"))

    assert done.returncode == 2
    assert done.stderr == (
        "Usage: spark-xacct lab jars [OPTIONS]\nTry 'spark-xacct lab jars --help' for help.\n\n"
        'Error: --release: no jars are known for release "2.4"; known are 3.5, 4, 4.0, 4.1\n'
    )
