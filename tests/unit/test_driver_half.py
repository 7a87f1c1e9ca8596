"""The half that runs in drivers, as a cluster's driver has it: from the jar, on its old Python, with pyspark and nothing else."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes import jar
from fakes.driver_program import BASE, FINANCE, HUB, PARTNER
from fakes.plans import BASE_ARN, ENVIRONMENT, HUB_ARN, READER_ARN, plan
from fakes.sts import FakeSts
from fakes.target_plans import named
from interpreters import python

from spark_xacct import targets

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "fakes" / "driver_program.py"
PYSPARK = ROOT / "tests" / "fakes" / "spark_of_a_cluster"
FINANCE_ARN = "arn:aws:iam::777788889999:role/finance"
VERSIONS = ["3.7", "3.9"]
# What differs, because it is about the interpreter or about what is installed beside it.
OWN = ("python", "declaration", "credentials")
WHO_AM_I = [
    ("bucket", "declared", "driver JVM", "executor JVM", "Python worker"),
    ("finance-*", FINANCE_ARN, FINANCE, FINANCE, f"{BASE} (not as declared)"),
    ("hub-logs", HUB_ARN, HUB, HUB, "-"),
    ("partner-data", READER_ARN, PARTNER, PARTNER, PARTNER),
    ("partner-out", READER_ARN, PARTNER, PARTNER, PARTNER),
    *((bucket, BASE_ARN, BASE, BASE, BASE) for bucket in ("scratch", "shared", "corp-logs")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster's file system: the jar, a Spark of EMR, a declaration."""
    folder = tmp_path_factory.mktemp("cluster")
    jar.packed(folder)
    for name in ("jars", "conf"):
        (folder / "spark" / name).mkdir(parents=True)
    (folder / "spark" / "jars" / "hadoop-client-api-3.3.6-amzn-0.jar").touch()
    (folder / "spark" / "conf" / "spark-defaults.conf").write_text("spark.jars /usr/lib/other.jar\n", encoding="utf-8")
    (folder / "xacct.yaml").write_text("version: 1\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def sts():
    with FakeSts() as sts:
        yield sts


def run(command: list[str], folder: Path, sts: FakeSts) -> dict[str, Any]:
    (folder / "xacct.plan").write_text(plan(sts.url).text, encoding="utf-8")
    (folder / "named.plan").write_text(named().text, encoding="utf-8")
    environment = {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "SPARK_HOME": str(folder / "spark"),
        "SPARK_XACCT_RUN": "run-1",
        "SPARK_XACCT_USER": "ana",
        "PYSPARK_SUBMIT_ARGS": "--name 'a job' --py-files /usr/lib/other.zip pyspark-shell",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    files = [folder / name for name in ("xacct.yaml", "xacct.plan", "named.plan")]
    program = (PROGRAM, folder / jar.NAME, PYSPARK, *files)
    done = subprocess.run(
        [*command, *map(str, program)], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def here(folder: Path, sts: FakeSts) -> dict[str, Any]:
    """What the driver says on the Python of this test, without its libraries."""
    return run([sys.executable, "-S", "-I"], folder, sts)


def shared(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in OWN}


def test_what_a_driver_says(here: dict[str, Any], folder: Path, sts: FakeSts) -> None:
    file, hadoop = str(folder / jar.NAME), "spark.hadoop.fs.xacct."
    assert (here["package"], here["loaded_early"]) == (f"{file}/spark_xacct", [])
    # What the lists of configure are: those of spark-defaults.conf and of the command line go on.
    assert here["submit_arguments"] == (
        f"--jars /usr/lib/other.jar,{file} --py-files /usr/lib/other.zip,{file} --name 'a job' pyspark-shell"
    )
    assert here["configured"].keys() & {"spark.jars", "spark.submit.pyFiles"} == set()
    for settings in (here["configured"], here["started"]):
        assert [settings[hadoop + name] for name in ("plan", "run", "user")] == [plan(sts.url).text, "run-1", "ana"]
    assert (here["forgotten"], here["files"], here["joined"]) == ([f"{hadoop}plan.9"], [file], True)
    assert [tuple(re.split("  +", line)) for line in here["whoami"]] == WHO_AM_I
    assert here["explained"][1:3] == ["decision          role", "role              partner"]
    plans, releases = (plan(sts.url), named()), targets.releases.names()
    assert sorted(here["settings"]) == sorted(f"{one.id} {release}" for one in plans for release in releases)
    assert all(here["settings"][f"{one.id} emr-6.15.0"].startswith("{") for one in plans)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_driver_says_the_same_on_old_pythons(version: str, here: dict[str, Any], folder: Path, sts: FakeSts) -> None:
    said, host = run([python(version), "-S", "-I"], folder, sts), socket.gethostname()
    number = said["python"]
    assert number.startswith(f"{version}.")
    assert shared(said) == shared(here)
    assert said["declaration"] == (
        f"MissingDependencyError: a declaration cannot be read on host {host}: this is Python {number}, and it takes 3.10 or newer; "
        "compile it first, where spark-xacct is installed: spark-xacct render plan > xacct.plan, and use that file here"
    )
    assert said["credentials"] == (
        f"MissingDependencyError: boto3 cannot be imported on host {host} by Python {number} (No module named 'boto3'); add it there in "
        "one of three ways:"
    )


def test_a_driver_with_boto3_has_role_sessions_on_python_3_7(
    old_python: Path, here: dict[str, Any], folder: Path, sts: FakeSts
) -> None:
    said = run([str(old_python), "-I"], folder, sts)
    assert said["python"].startswith("3.7.")
    assert shared(said) == shared(here)
    assert said["credentials"].startswith("ASIAREADER")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_command_line_says_that_it_needs_another_python(version: str, folder: Path) -> None:
    interpreter = python(version)
    number = subprocess.run(
        [interpreter, "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        [interpreter, "-m", "spark_xacct", "check"],
        env={"PYTHONPATH": str(folder / jar.NAME), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"the command line needs Python 3.10 or newer, and host {socket.gethostname()} ran it with {number}; run it where spark-xacct "
        "is installed\n",
    )
