"""Java programs with Hadoop and hadoop-aws on the class path and no Spark."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from readers import JAVA, SparkInstallation

from spark_xacct.lab.jars import jar_set
from spark_xacct.lab.lab import Lab

ROOT = Path(__file__).parents[2]
DECLARATION = ROOT / "tests" / "spark" / "xacct.yaml"
SECONDS = 300

# What hadoop-aws and the SDKs need beside the small sets; it lies in Spark's jars folder.
_BESIDE = (
    "hadoop-client-api-*",
    "hadoop-client-runtime-*",
    "slf4j-api-*",
    "jcl-over-slf4j-*",
    "httpc*-4.*",
    "commons-codec-*",
    "commons-lang3-*",
    "jackson-core-2*",
    "jackson-annotations-*",
    "jackson-databind-*",
    "netty-*",
)


@dataclass(frozen=True)
class HadoopJvm:
    """What `hadoop` would start, for one Hadoop line: a folder with the site files, our jar, hadoop-aws, Hadoop."""

    spark: SparkInstallation
    lab: Lab
    jar: Path
    folder: Path

    @property
    def class_path(self) -> str:
        jars = self.spark.pyspark / "jars"
        beside = sorted(path for pattern in _BESIDE for path in jars.glob(f"{pattern}.jar"))
        return os.pathsep.join(
            map(str, [self.folder, self.jar, *sorted(jar_set(self.spark.release).glob("*.jar")), *beside])
        )

    def render(self) -> None:
        """Writes the core-site.xml of the declaration."""
        self.folder.mkdir(exist_ok=True)
        command = [str(Path(sys.executable).with_name("spark-xacct")), "render", "core-site"]
        arguments = ["--release", self.spark.release, "--config", str(DECLARATION), "--jar", str(self.jar)]
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=False, env=self.environment()
        )
        assert done.returncode == 0, done.stderr
        (self.folder / "core-site.xml").write_text(done.stdout, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        return {**self.lab.process_environment(), "HADOOP_USER_NAME": "ann"}

    def lab_settings(self) -> dict[str, str]:
        """What points S3A at the lab."""
        prefix = "spark.hadoop."
        found = self.lab.spark_properties().items()
        return {name[len(prefix) :]: value for name, value in found if name.startswith(prefix)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            env=self.environment(),
        )

    def command(self, *arguments: str) -> list[str]:
        return [str(JAVA), "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", self.class_path, *arguments]
