"""A hundred sessions run out under four reading threads, in a JVM of each Hadoop line and in a Python process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from hadoop_jvm import DECLARATION, HadoopJvm
from readers import NO_SPARK, SPARKS, needs_java

from spark_xacct import plan as plans
from spark_xacct.declaration import load
from spark_xacct.lab import Lab

PROGRAMS = Path(__file__).parent / "programs"
LIFE = 3.0
SESSIONS = 101  # a hundred crossings
ARGUMENTS = ["s3a://partner-data/events/part-0.txt", "4", "200"]
SECONDS = 900

pytestmark = [
    pytest.mark.slow,
    needs_java,
    pytest.mark.timeout(SECONDS + 300),
    pytest.mark.skipif(not SPARKS, reason=NO_SPARK),
]


@dataclass
class Reader:
    """A process that reads on and on; its run id stands in its session names."""

    run: str
    process: subprocess.Popen[str]

    def finish(self) -> tuple[int, list[str]]:
        """How many reads, and what failed."""
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, err[-4000:]
        reads, *failures = out.splitlines()
        return int(reads), failures


def start(run: str, command: list[str], environment: dict[str, str]) -> Reader:
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    return Reader(run, process)


def start_jvm(jvm: HadoopJvm) -> Reader:
    run = f"run-{jvm.spark.release}"
    settings = [f"{name}={value}" for name, value in {**jvm.lab_settings(), "fs.xacct.run": run}.items()]
    return start(run, jvm.command(str(PROGRAMS / "ReadOnAndOn.java"), *ARGUMENTS, *settings), jvm.environment())


def start_python(lab: Lab) -> Reader:
    plan = plans.encode(load(DECLARATION).access_map)
    environment = {**lab.process_environment(), **dict(plan.environment()), "SPARK_XACCT_RUN": "run-python"}
    return start("run-python", [sys.executable, str(PROGRAMS / "read_on_and_on.py"), *ARGUMENTS], environment)


def keys_used(lab: Lab, readers: list[Reader]) -> dict[str, set[str]]:
    """Access keys of reads, by the run id of who read, once each has enough of them."""
    found: dict[str, set[str]] = defaultdict(set)
    end, seen = time.monotonic() + SECONDS, 0
    while min(len(found[reader.run]) for reader in readers) < SESSIONS:
        assert time.monotonic() < end, {run: len(keys) for run, keys in found.items()}
        assert all(reader.process.poll() is None for reader in readers), "a reader ended by itself"
        time.sleep(1)
        for call in lab.calls(seen):
            seen = call.number
            if call.operation == "GetObject" and call.session_name and call.access_key_id:
                found[call.session_name.rpartition("-")[0]].add(call.access_key_id)
    return found


def test_no_read_fails_while_a_hundred_sessions_run_out(lab: Lab, jar: Path, tmp_path: Path) -> None:
    jvms = [HadoopJvm(spark, lab, jar, tmp_path / spark.release) for spark in SPARKS]
    for jvm in jvms:
        jvm.render()
    lab.clear_calls()
    with lab.short_lives(LIFE):
        readers = [*map(start_jvm, jvms), start_python(lab)]
        try:
            used = keys_used(lab, readers)
            outcomes = {reader.run: reader.finish() for reader in readers}
        finally:
            for reader in readers:
                reader.process.kill()
                reader.process.wait()

    for run, (reads, _) in outcomes.items():
        print(f"{run}: {reads} reads, {len(used[run])} sessions")
    assert {run: failures for run, (_, failures) in outcomes.items() if failures} == {}
    assert [call for call in lab.calls() if call.refused] == []
