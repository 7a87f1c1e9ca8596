"""The worker half as workers have it: from a zip, with boto3 alone, and on the oldest Python and boto3 that count."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes import jar
from fakes.plans import ENVIRONMENT, plan
from fakes.s3 import FakeS3
from fakes.sts import FakeSts

REPOSITORY = Path(__file__).parents[2]
PROGRAM = REPOSITORY / "tests" / "fakes" / "worker_program.py"
BOTO3_AND_WHAT_IT_NEEDS = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The package as a jar carries it."""
    return jar.packed(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def boto3_alone(tmp_path_factory):
    """A folder to import from that has boto3 and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("boto3-alone")
    for name in BOTO3_AND_WHAT_IT_NEEDS:
        file = Path(str(importlib.import_module(name).__file__))
        source = file.parent if file.name == "__init__.py" else file
        (folder / source.name).symlink_to(source)
    return folder


def run(command: list[str], package: Path) -> tuple[dict[str, Any], FakeSts, FakeS3]:
    with FakeSts() as sts, FakeS3() as s3:
        environment = dict(ENVIRONMENT, PATH=os.environ["PATH"], SPARK_XACCT_RUN="run-1", SPARK_XACCT_USER="ana")
        environment.update(plan(sts.url).environment())
        finished = subprocess.run(
            [*command, str(PROGRAM), str(package), s3.url], env=environment, capture_output=True, text=True, timeout=120
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout), sts, s3


def check(printed: dict[str, Any], sts: FakeSts, s3: FakeS3) -> None:
    assert printed["loaded_early"] == []
    assert printed["child"] == 0
    assert printed["refused"].startswith('role "hub" is not among python.roles; Python may ask for: finance, partner; ')
    assert [(call["Action"], call.get("RoleSessionName")) for call in sts.calls] == [
        ("GetCallerIdentity", None),
        ("AssumeRole", "xacct-run-1"),
        ("AssumeRole", "xacct-run-1"),
    ]
    assert len(s3.requests) == 41
    assert {request.signer for request in s3.requests} == {"ASIAREADER2"}
    assert {request.headers["x-amz-expected-bucket-owner"] for request in s3.requests} == {
        "444455556666",
        "999900001111",
    }


def test_from_a_zip_with_nothing_but_boto3(archive, boto3_alone):
    program = (
        "import runpy, sys; sys.path.insert(0, {!r}); sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    printed, sts, s3 = run([sys.executable, "-S", "-I", "-c", program.format(str(boto3_alone))], archive)
    assert printed["package"] == str(archive / "spark_xacct")
    check(printed, sts, s3)


def test_on_python_3_7_with_boto3_1_26(archive, old_python):
    printed, sts, s3 = run([str(old_python), "-I"], archive)
    assert (printed["python"][:4], printed["boto3"][:5]) == ("3.7.", "1.26.")
    check(printed, sts, s3)
