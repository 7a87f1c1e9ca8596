"""Runs programs against the lab, each in a process of its own, as users' programs run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spark_xacct.declaration import load
from spark_xacct.lab import environment as exported
from spark_xacct.lab.call_log import Call
from spark_xacct.lab.jars import jar_set
from spark_xacct.lab.lab import Lab
from spark_xacct.plan import Plan, encode
from spark_xacct.targets import narrowed
from spark_xacct.version import __version__

ROOT = Path(__file__).resolve().parents[1]
DECLARATION = ROOT / "benchmarks" / "xacct.yaml"
PROGRAMS = ROOT / "benchmarks" / "programs"
WORKER_PYTHON = ROOT / ".cache" / "worker" / "bin" / "python"
STS_SECONDS = 0.15
JAR = ROOT / "spark_xacct" / "jars" / f"spark-xacct-{__version__}.jar"
PROGRAM_SECONDS = 300
RESULT = "RESULT "
# With these Spark's own RPC is a channel for role sessions. Both sides have them, so that both pay for the encryption.
PROTECTED = {
    "spark.authenticate": "true",
    "spark.authenticate.secret": "a-secret-of-the-benchmarks",
    "spark.network.crypto.enabled": "true",
}


class ProgramFailed(Exception):
    """A measured program ended otherwise than it should; the text ends with what it said."""


@dataclass(frozen=True)
class Bench:
    """A running lab with the buckets filled, and a folder for configurations."""

    lab: Lab
    folder: Path

    def plan(self, names: Sequence[str], default_role: str | None = None) -> Plan:
        """The plan of an application that reads these buckets and has no other role."""
        return encode(replace(narrowed(self.lab.access_map, names), python_default_role=default_role))

    def plan_file(self, names: Sequence[str], default_role: str | None = None) -> str:
        """The same in a file, for a program that starts Spark with it."""
        plan = self.plan(names, default_role)
        file = self.folder / f"{plan.id}.plan"
        file.write_text(plan.text, encoding="utf-8")
        return str(file)

    def run_spark(
        self,
        line: str,
        master: str,
        program: str,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        jars: Sequence[Path] = (),
    ) -> dict[str, Any]:
        """What a program of ``programs/`` told on the Spark of a line. ``jars``: beside hadoop-aws and its SDK."""
        name = f"{line}-{master}-{Path(program).stem}-{len(list(self.folder.iterdir()))}"
        on_path = sorted(str(path) for path in (*jar_set(line).glob("*.jar"), *jars))
        properties = {
            **self.lab.spark_properties(),
            "spark.master": master,
            "spark.jars": ",".join(on_path),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            # Every executor is there before the first job, so each has its part of it.
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
            **(settings or {}),
        }
        exported.write_properties(self.folder / name / "spark-defaults.conf", properties)
        environment = self._environment()
        environment.update(
            SPARK_CONF_DIR=str(self.folder / name),
            SPARK_LOCAL_IP="127.0.0.1",
            PYSPARK_PYTHON=str(WORKER_PYTHON),
        )
        return self._run([str(spark_python(line)), str(PROGRAMS / program), *arguments], environment)

    def run_python(self, program: str, *arguments: str, **environment: str) -> dict[str, Any]:
        """What a program told on the workers' Python, which has boto3 and nothing else."""
        return self._run(
            [str(WORKER_PYTHON), str(PROGRAMS / program), *arguments], {**self._environment(), **environment}
        )

    def _environment(self) -> dict[str, str]:
        environment = self.lab.process_environment()
        unwanted = [name for name in environment if name.startswith(("SPARK_", "PYSPARK_", "PYTHONPATH"))]
        for name in unwanted:
            del environment[name]
        return environment

    def _run(self, command: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
        program = Path(command[1]).name
        if not Path(command[0]).is_file():
            raise ProgramFailed(f"{Path(command[0]).relative_to(ROOT)} is not there; make bench makes it")
        try:
            done = subprocess.run(
                command, env=dict(environment), cwd=self.folder, capture_output=True, text=True, timeout=PROGRAM_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise ProgramFailed(f"{program} did not end within {PROGRAM_SECONDS} s") from None
        told = [line[len(RESULT) :] for line in done.stdout.splitlines() if line.startswith(RESULT)]
        if done.returncode or len(told) != 1:
            raise ProgramFailed(f"{program} ended with {done.returncode}:\n{done.stdout}{done.stderr[-4000:]}")
        found: dict[str, Any] = json.loads(told[0])
        return found

    @contextmanager
    def slow_sts(self, seconds: float = STS_SECONDS) -> Iterator[None]:
        """While the block runs, each AssumeRole takes as long as one does in a Region nearby, and the lab's own time."""
        with self.lab.faults("delay", service="sts", operation="AssumeRole", delay_seconds=seconds):
            yield

    def last_call(self) -> int:
        """The number of the last call that the lab has seen."""
        calls = self.lab.calls()
        return calls[-1].number if calls else 0


@contextmanager
def bench() -> Iterator[Bench]:
    """Starts a lab of ``xacct.yaml`` with a small file in every bucket; all is gone after the block."""
    access_map = load(DECLARATION).access_map
    with tempfile.TemporaryDirectory(prefix="xacct-bench-") as folder, Lab(access_map) as lab:
        rows = "".join(f"{number:06}\n" for number in range(600)).encode()
        for bucket in (*buckets("direct"), *buckets("chained")):
            lab.put(f"s3://{bucket}/rows.txt", rows)
        yield Bench(lab, Path(folder))


def spark_python(line: str) -> Path:
    """The Python beside the pyspark of a line; 3.5's is not made where Python is too new for it."""
    return ROOT / ".cache" / f"spark-{line}" / "bin" / "python"


def spark_jars(line: str) -> Path:
    """The folder of Spark's own jars."""
    (pyspark,) = spark_python(line).parents[1].glob("lib/python*/site-packages/pyspark")
    return pyspark / "jars"


def buckets(prefix: str) -> list[str]:
    return [f"{prefix}-{number}" for number in range(1, 6)]


def role_arn(name: str) -> str:
    """The ARN of a role of the partner's account."""
    return f"arn:aws:iam::444455556666:role/{name}"


def assumed(calls: Iterable[Call]) -> dict[str, int]:
    """The AssumeRole calls among these, by the name of the role."""
    names = (str(call.requested["RoleArn"]).rpartition("/")[2] for call in calls if call.operation == "AssumeRole")
    return dict(Counter(names))


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
