"""The module that Spark starts in place of its daemon: then everything is as before, or every task says why not."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from fakes.endpoint import FakeEndpoint
from fakes.plans import plan

from spark_xacct import keys
from spark_xacct.worker import daemon

REPOSITORY = Path(__file__).parents[2]
NEXT = """
import json, os, sys
import __main__
print(json.dumps({
    "argv": sys.argv[1:], "name": __name__, "module": __main__.__spec__.name, "is_main": __main__.__dict__ is globals(),
    "uri": os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"), "profile": os.environ.get("AWS_PROFILE"),
    "heavy": sorted({"boto3", "botocore", "pyspark"} & set(sys.modules)),
}))
"""
PYTHON = {"roles": ["finance", "partner"], "default_role": "partner"}


@pytest.fixture
def jvm(tmp_path):
    with FakeEndpoint(tmp_path / "endpoint", plan(None, python=PYTHON, base={"kind": "irsa"})) as fake:
        yield fake


@pytest.fixture
def start(tmp_path):
    """Starts the module as Spark does, with another module to run after it; returns code, stdout, stderr."""
    (tmp_path / "of_mine.py").write_text(NEXT)

    def start(*environments: dict[str, str]) -> tuple[int, str, str]:
        environment = {
            "PYTHONPATH": f"{REPOSITORY}:{tmp_path}",
            "HOME": str(tmp_path),
            "SPARK_XACCT_NEXT_DAEMON": "of_mine",
        }
        for more in environments:
            environment.update(more)
        command = [sys.executable, "-m", daemon.MODULE, "pyspark.worker"]
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        return finished.returncode, finished.stdout, finished.stderr

    return start


def as_before(stdout: str) -> dict[str, Any]:
    said = json.loads(stdout)
    parts = ("argv", "name", "module", "is_main", "heavy")
    assert [said[part] for part in parts] == [["pyspark.worker"], "__main__", "of_mine", True, []]
    return dict(said)


def test_the_next_module_runs_as_if_spark_had_started_it(start, jvm):
    code, stdout, stderr = start(jvm.environment)
    assert as_before(stdout)["uri"] == jvm.url + jvm.description["roles"]["partner"]["path"]
    assert (code, stderr) == (0, "")


def test_what_was_taken_away_is_said_once_by_name(start, jvm):
    code, stdout, stderr = start(jvm.environment, {"AWS_PROFILE": "PLANTED", "AWS_ROLE_ARN": "PLANTED"})
    assert as_before(stdout)["profile"] is None
    assert (code, stderr) == (
        0,
        "spark-xacct: role partner (python.default_role) is the identity of Python workers here; taken out of their "
        "environment: AWS_PROFILE, AWS_ROLE_ARN\n",
    )


def test_without_a_default_role_nothing_is_changed(start, tmp_path):
    with FakeEndpoint(tmp_path / "other", plan(None)) as jvm:
        code, stdout, stderr = start(jvm.environment, {"AWS_PROFILE": "mine"})
    said = as_before(stdout)
    assert (said["uri"], said["profile"], code, stderr) == (None, "mine", 0, "")


@pytest.mark.parametrize("environment", [{}, dict(plan(None).environment())], ids=["no plan", "no default role"])
def test_without_an_endpoint_and_a_default_role_nothing_is_changed(start, environment):
    code, stdout, stderr = start(environment)
    assert (as_before(stdout)["uri"], code, stderr) == (None, 0, "")


REFUSED = f"cannot be the identity of Python workers on host {socket.gethostname()}: "


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        (
            {"AWS_ACCESS_KEY_ID": "PLANTED"},
            f"role partner (python.default_role) {REFUSED}AWS_ACCESS_KEY_ID is set in the environment, and boto3 takes that "
            "first; unset it for the executors, or declare base: env where it is the base identity",
        ),
        (
            {"SPARK_XACCT_ENDPOINT": "/nowhere"},
            f"the credentials endpoint in /nowhere (SPARK_XACCT_ENDPOINT) on host {socket.gethostname()} is gone: its JVM has "
            "ended or its SparkContext was stopped; ask for role sessions while the application runs",
        ),
        (
            dict(plan(None, python=PYTHON).environment(), SPARK_XACCT_ENDPOINT=""),
            "role partner (python.default_role) cannot be the identity of Python workers: the JVM beside this process has no "
            f"credentials endpoint (SPARK_XACCT_ENDPOINT is not set); load {keys.PLUGIN} with spark.plugins.defaultList, or "
            "leave spark.python.daemon.module as it was and ask for roles by name",
        ),
        (
            {"SPARK_XACCT_NEXT_DAEMON": "nowhere.daemon"},
            "module nowhere.daemon (SPARK_XACCT_NEXT_DAEMON), which should run after spark_xacct.worker.daemon, is not there; "
            "correct spark.python.daemon.module, or bring the module to the executors",
        ),
    ],
)
def test_what_is_wrong_ends_the_daemon_with_one_line_on_stderr(start, jvm, environment, text):
    assert start(jvm.environment, environment) == (1, "", f"spark-xacct: {text}\n")


@pytest.mark.parametrize(
    ("environment", "module"),
    [
        ({}, "pyspark.daemon"),
        ({"SPARK_XACCT_NEXT_DAEMON": ""}, "pyspark.daemon"),
        ({"SPARK_XACCT_NEXT_DAEMON": "spark_xacct.worker.daemon"}, "pyspark.daemon"),
        ({"PYTHON_WORKER_FACTORY_PORT": "7"}, "pyspark.worker"),
        ({"PYTHON_WORKER_FACTORY_SOCK_PATH": "/s"}, "pyspark.worker"),
        ({"PYTHON_WORKER_FACTORY_PORT": "7", "SPARK_XACCT_NEXT_DAEMON": "json.decoder"}, "json.decoder"),
    ],
)
def test_what_runs_next(environment, module):
    assert daemon.next_module(environment) == module


class FakeJvm:
    """The JVM's side of a worker without a daemon: sends a task of a megabyte, and reads what the worker says."""

    def __init__(self, path: str | None = None) -> None:
        self.listening = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listening.bind(path or ("127.0.0.1", 0))
        self.listening.listen(1)
        self.secret: str | None = None
        self.said: tuple[int, int, str] | None = None
        self.environment = {"PYTHON_WORKER_FACTORY_SOCK_PATH": path or ""}
        if not path:
            port = str(self.listening.getsockname()[1])
            self.environment = {"PYTHON_WORKER_FACTORY_PORT": port, "PYTHON_WORKER_FACTORY_SECRET": "PLANTED"}
        self.has_secret = not path
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        link = self.listening.accept()[0]
        link.settimeout(60)
        with link, link.makefile("rb") as stream:

            def number() -> int:
                return int(struct.unpack("!i", stream.read(4))[0])

            if self.has_secret:
                self.secret = stream.read(number()).decode()
                link.sendall(struct.pack("!i", 2) + b"ok")
            pid = number()
            link.sendall(b"x" * 1_000_000)
            self.said = (pid, number(), stream.read(number()).decode())


@pytest.mark.parametrize("path", [None, "jvm.sock"])
def test_a_worker_without_a_daemon_tells_the_jvm_itself(start, jvm, tmp_path, path):
    spark = FakeJvm(str(tmp_path / path) if path else None)
    code, stdout, stderr = start(jvm.environment, spark.environment, {"AWS_ACCESS_KEY_ID": "AKIA"})
    spark.thread.join(60)
    assert (code, stdout) == (1, "")
    assert spark.said is not None
    assert spark.said[1:] == (-2, stderr.rstrip("\n"))
    assert stderr.startswith("spark-xacct: role partner (python.default_role) cannot be the identity of Python workers")
    assert spark.secret == (None if path else "PLANTED")


def test_a_worker_whose_jvm_is_gone_still_says_it_on_stderr(start, jvm):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = str(unused.getsockname()[1])
    code, _, stderr = start(jvm.environment, {"PYTHON_WORKER_FACTORY_PORT": port, "AWS_ACCESS_KEY_ID": "AKIA"})
    assert code == 1
    assert stderr.startswith("spark-xacct: role partner (python.default_role) cannot be")
    assert len(stderr.splitlines()) == 1
    assert os.linesep in stderr
