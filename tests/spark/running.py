"""Runs PySpark programs as users do: a process of its own, against the lab, with executors that see only what was set."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyspark

from spark_xacct.lab import environment as exported
from spark_xacct.lab.lab import Lab
from spark_xacct.spark import jar

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parents[2]
DECLARATION = Path(__file__).parent / "xacct.yaml"
PROGRAM_SECONDS = 900
# Where Spark keeps the folders of a local cluster's executors, with a copy of every jar for each.
EXECUTOR_FOLDERS = Path(pyspark.__file__).parent / "work"
IDENTITY = (
    "spark.executorEnv.AWS_ROLE_ARN",
    "spark.executorEnv.AWS_WEB_IDENTITY_TOKEN_FILE",
    "spark.executorEnv.SINK_",
)
# With these Spark's own RPC is a channel for role sessions.
PROTECTED = {
    "spark.authenticate": "true",
    "spark.authenticate.secret": "a-secret-of-this-test",
    "spark.network.crypto.enabled": "true",
}
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
RESULT = "RESULT "
READY = "READY"

# What Spark itself and every process needs; all else must come from spark.executorEnv.
ALLOWED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "SPARK_LOCAL_IP", "SPARK_HOME", "SPARK_LOCAL_DIRS",
           "SPARK_EXECUTOR_DIRS", "SPARK_USER", "SPARK_LOG_URL_STDERR", "SPARK_LOG_URL_STDOUT", "SPARK_SCALA_VERSION",
           "OPENBLAS_CORETYPE", "PYTHONPATH", "PYSPARK_PYTHON", "_SPARK_AUTH_SECRET")  # fmt: skip


@dataclass
class Finished:
    """What a program left: its RESULT lines as data, and its output."""

    code: int
    out: str
    err: str
    results: dict[str, Any] = field(default_factory=dict)


@dataclass
class SparkRunner:
    """Starts programs of ``tests/spark/programs`` against one lab. ``jars``: hadoop-aws and its SDK."""

    lab: Lab
    jars: Path
    worker_python: Path
    folder: Path
    line: str

    def configuration(
        self,
        name: str,
        extra: Mapping[str, str] | None = None,
        master: str = "local[2]",
        identity: bool = True,
        without_option: str | None = None,
    ) -> Path:
        """A SPARK_CONF_DIR that points at the lab; what a cluster's own spark-defaults.conf would be.

        ``identity``: whether executors have the base identity too. ``without_option``: an option of Java that Spark gives its
        executors and that these do not get.
        """
        settings = {
            **self.lab.spark_properties(),
            "spark.master": master,
            "spark.jars": ",".join(sorted(str(path) for path in self.jars.glob("*.jar"))),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "2",
            # A JVM of a minute never earns back what its second compiler costs.
            "spark.driver.extraJavaOptions": QUICK_JAVA,
            "spark.executor.extraJavaOptions": QUICK_JAVA,
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            **(extra or {}),
        }
        if not identity:
            settings = {item: value for item, value in settings.items() if not item.startswith(IDENTITY)}
        if master.startswith("local-cluster"):
            settings["spark.executorEnv.JAVA_HOME"] = str(self._java_home(name, settings, without_option))
        path = self.folder / name
        exported.write_properties(path / "spark-defaults.conf", settings)
        return path

    def environment(self, configuration: Path, **more: str) -> dict[str, str]:
        environment = self.lab.process_environment()
        for unwanted in ("SPARK_HOME", "PYSPARK_SUBMIT_ARGS", "PYTHONPATH", "SPARK_XACCT_PLAN", "SPARK_XACCT_RUN"):
            environment.pop(unwanted, None)
        environment.update(
            SPARK_CONF_DIR=str(configuration),
            SPARK_LOCAL_IP="127.0.0.1",
            PYSPARK_PYTHON=str(self.worker_python),
            PYSPARK_DRIVER_PYTHON=sys.executable,
            PYTHONUNBUFFERED="1",
        )
        environment.update(more)
        return environment

    def run(self, program: str, *arguments: str, environment: Mapping[str, str]) -> Finished:
        """Runs to the end. Raises AssertionError with the output when it fails."""
        finished = self.run_command([sys.executable, str(PROGRAMS / program), *arguments], environment)
        assert finished.code == 0, f"{program} ended with {finished.code}:\n{finished.out}\n{finished.err[-6000:]}"
        return finished

    def run_command(self, command: list[str], environment: Mapping[str, str]) -> Finished:
        done = subprocess.run(
            command, env=dict(environment), cwd=self.folder, capture_output=True, text=True, timeout=PROGRAM_SECONDS
        )
        return Finished(done.returncode, done.stdout, done.stderr, results(done.stdout))

    def submit(
        self, program: str, *arguments: str, environment: Mapping[str, str], options: Sequence[str] = ()
    ) -> Finished:
        """spark-submit of the pyspark found, with pyspark from its zip as on a cluster, hadoop-aws and our jar by --jars."""
        jars = ",".join([str(jar.find({})), *(str(path) for path in self.jars.glob("*.jar"))])
        ours = ["--jars", jars, "--py-files", str(jar.find({}))]
        command = [
            str(Path(sys.executable).parent / "spark-submit"),
            *ours,
            *options,
            str(PROGRAMS / program),
            *arguments,
        ]
        return self.run_command(command, environment)

    @contextmanager
    def started(self, program: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[Started]:
        """A program that prints READY and then goes on when told to; stopped by its own pid at the end."""
        errors = self.folder / f"{program}.stderr"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, str(PROGRAMS / program), *arguments],
                env=dict(environment), cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
                text=True,
            )  # fmt: skip
            try:
                yield Started(process, errors)
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait(60)

    def executor_logs(self, application: str) -> list[Path]:
        """What the executors of a local cluster wrote."""
        return sorted((EXECUTOR_FOLDERS / application).glob("*/std*"))

    def _java_home(self, name: str, settings: Mapping[str, str], without_option: str | None) -> Path:
        """A JAVA_HOME whose java forgets the inherited environment: plain local-cluster hands down the driver's."""
        home = self.folder / f"{name}-java"
        (home / "bin").mkdir(parents=True)
        prefix = "spark.executorEnv."
        rendered = (
            "SPARK_XACCT_PLAN",
            "SPARK_XACCT_RUN",
            "SPARK_XACCT_USER",
            *(f"SPARK_XACCT_PLAN_{n}" for n in range(2, 9)),
        )
        names = [*ALLOWED, *rendered, *(item[len(prefix) :] for item in settings if item.startswith(prefix))]
        kept = " ".join(f'${{{one}+"{one}=${one}"}}' for one in dict.fromkeys(names))
        java = home / "bin" / "java"
        left_out = f'for one; do shift; [ "$one" = "{without_option}" ] || set -- "$@" "$one"; done\n'
        java.write_text(f'#!/bin/sh\n{left_out if without_option else ""}exec env -i {kept} {_real_java()} "$@"\n')
        java.chmod(java.stat().st_mode | stat.S_IXUSR)
        return home


@dataclass
class Started:
    """A running program and what it has said so far."""

    process: subprocess.Popen[str]
    errors: Path
    out: list[str] = field(default_factory=list)

    def wait_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.out.append(line)
            if line.strip() == READY:
                return
        raise AssertionError(f"the program ended before READY:\n{''.join(self.out)}\n{self.errors.read_text()[-6000:]}")

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def finish(self) -> Finished:
        assert self.process.stdout is not None
        self.out.extend(self.process.stdout)
        code = self.process.wait(PROGRAM_SECONDS)
        finished = Finished(code, "".join(self.out), self.errors.read_text(), results("".join(self.out)))
        assert code == 0, f"ended with {code}:\n{finished.out}\n{finished.err[-6000:]}"
        return finished

    def family(self) -> list[int]:
        """The pids of the program and all its descendants: driver JVM, executors, Python workers."""
        return family(self.process.pid)


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found, frontier = [pid], [pid]
    while frontier:
        children = [int(child) for parent in frontier for child in _children(parent)]
        found, frontier = found + children, children
    return found


def _children(pid: int) -> list[str]:
    result: list[str] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            result += task.read_text().split()
        except OSError:
            continue
    return result


def results(out: str) -> dict[str, Any]:
    """The RESULT lines of an output as one mapping."""
    merged: dict[str, Any] = {}
    for line in out.splitlines():
        if line.startswith(RESULT):
            merged.update(json.loads(line[len(RESULT) :]))
    return merged


def _real_java() -> str:
    home = os.environ.get("JAVA_HOME")
    if home:
        return f"{home}/bin/java"
    paths = (Path(folder) / "java" for folder in os.environ["PATH"].split(os.pathsep))
    return str(next(path for path in paths if path.is_file()))


def java_home() -> Path:
    """The folder of the Java that programs run on."""
    return Path(_real_java()).resolve().parent.parent


def eventually(condition: Any, seconds: float = 30.0) -> None:
    """Waits for a condition that holds soon; fails with its last value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"still {value!r} after {seconds} s"
        time.sleep(0.2)
