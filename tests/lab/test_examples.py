"""The boto3 program of examples/emr-eks-chain, unchanged, by the AWS profiles that its README renders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.aws_profiles import config

from spark_xacct.declaration import load
from spark_xacct.lab import Lab

EXAMPLE = Path(__file__).parents[2] / "examples" / "emr-eks-chain"
CLIENT = "arn:aws:sts::444455556666:assumed-role/client-role-2/"


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=EXAMPLE, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.lab
def test_boto3_alone_is_the_chained_role(tmp_path: Path) -> None:
    access_map = load(EXAMPLE / "xacct.yaml").access_map
    with Lab(access_map) as lab:
        for number in range(3):
            lab.put(f"s3://client-data/events/part-{number}", b"x")
        environment = {**config(lab, tmp_path, "aws-profile", access_map), "PYTHONPATH": ""}
        lab.clear_calls()
        program = [sys.executable, "boto3_only.py", "client-data", "events/", lab.queue_url("events"), "us-east-1"]
        said = run(program, environment)
        calls = lab.calls()
        messages = lab.messages("events")
    (caller,) = re.findall(r"^sent=3 as=(\S+)$", said, re.MULTILINE)
    assert caller.startswith(CLIENT)
    assert len(messages) == 3
    for operation in ("ListObjectsV2", "SendMessage", "GetCallerIdentity"):
        assert {call.who for call in calls if call.operation == operation} >= {caller}, operation
    assert {call.who for call in calls if call.operation in ("ListObjectsV2", "SendMessage")} == {caller}
