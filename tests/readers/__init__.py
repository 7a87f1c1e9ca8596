"""The real readers of what targets write: java.util.Properties, Spark, Hadoop's Configuration, spark-submit.

A golden that only we read proves nothing.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
READER = Path(__file__).with_name("ReadSettings.java")
VARIABLE = "SPARK_XACCT_TEST_SPARK"


@dataclass(frozen=True)
class SparkInstallation:
    """A virtual environment with pyspark in it."""

    environment: Path
    pyspark: Path
    release: str

    def submit(self, command: list[str], folder: Path, arguments: list[str]) -> dict[str, Any]:
        """What reaches the JVM when ``command`` is run before a script and its arguments, with this Spark on PATH."""
        answer = folder / "shown.json"
        path = f"{self.environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(folder)}
        for name in ("SPARK_HOME", VARIABLE):
            environment.pop(name, None)
        script = Path(__file__).with_name("show_settings.py")
        run = subprocess.run(
            [*command, str(script), str(answer), *arguments],
            capture_output=True, text=True, check=False, timeout=120, env=environment, cwd=folder,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        shown: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return shown

    @property
    def class_path(self) -> str:
        return f"{self.pyspark / 'jars'}/*"


def installations() -> list[SparkInstallation]:
    """The virtual environments in $SPARK_XACCT_TEST_SPARK (separated as PATH is), else those of the test set-up."""
    named = [Path(item) for item in os.environ.get(VARIABLE, "").split(os.pathsep) if item]
    found = []
    for environment in named or [ROOT / ".cache" / "spark-3.5", ROOT / ".cache" / "spark-4"]:
        for pyspark in environment.glob("lib/python*/site-packages/pyspark"):
            version = (pyspark / "version.py").read_text(encoding="utf-8")
            found.append(
                SparkInstallation(
                    environment, pyspark, "spark-3.5" if '"3.5' in version or "'3.5" in version else "spark-4"
                )
            )
    return found


SPARKS = installations()
NO_SPARK = f"no pyspark in .cache/spark-3.5 or .cache/spark-4, and none named by {VARIABLE}"
JAVA = shutil.which("java")
each_spark = pytest.mark.parametrize(
    "spark",
    [pytest.param(item, id=item.release) for item in SPARKS]
    or [pytest.param(None, marks=pytest.mark.skip(reason=NO_SPARK))],
)
needs_java = pytest.mark.skipif(
    JAVA is None, reason="no java on PATH (Debian: apt-get install openjdk-17-jdk-headless)"
)


def read(files: list[tuple[str, Path]], spark: SparkInstallation | None = None) -> list[dict[str, str]]:
    """What the readers ``properties``, ``spark`` or ``hadoop`` make of (reader, file) pairs, in one JVM."""
    class_path = ["-cp", spark.class_path] if spark else []
    arguments = [str(part) for pair in files for part in pair]
    command = [str(JAVA), *class_path, str(READER), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert answer.returncode == 0, answer.stderr
    result: list[dict[str, str]] = []
    for line in answer.stdout.splitlines():
        if line.startswith("FILE "):
            result.append({})
        elif line.startswith("="):
            name, value = (base64.b64decode(part[1:]).decode("utf-8") for part in line.split(" "))
            result[-1][name] = value
    return result


@dataclass(frozen=True)
class JvmDecision:
    """What the JVM decides for one location; ``role`` and ``binding`` None where there is none."""

    kind: str
    role: str | None
    binding: str | None
    reason: str


def decide(
    cases: Sequence[tuple[Mapping[str, str], Sequence[tuple[str, str, str]]]], jar: Path
) -> list[tuple[str, list[JvmDecision]]]:
    """For each (Hadoop settings, locations as scheme, bucket and key) the id of the plan and the decisions, in one JVM."""
    lines: list[str] = []
    for settings, locations in cases:
        lines += [f"SET\t{name}\t{value}" for name, value in settings.items() if name.startswith("fs.xacct.")]
        lines += ["READ", *("ASK\t" + "\t".join(location) for location in locations)]
    command = [str(JAVA), "-cp", str(jar), str(READER.with_name("Decide.java"))]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = iter(done.stdout.splitlines())
    result = []
    for _, locations in cases:
        plan_id = next(answers)
        told = [next(answers).split("\t") for _ in locations]
        result.append(
            (
                plan_id,
                [JvmDecision(row[0], *(None if cell == "-" else cell for cell in row[1:3]), row[3]) for row in told],
            )
        )
    return result
