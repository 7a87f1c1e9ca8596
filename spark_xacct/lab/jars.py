"""The small hadoop-aws sets: what Spark lacks for S3A, some 7 to 13 MB instead of the SDK bundle's 270 to 660."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from spark_xacct.lab.cache import made_once, talk
from spark_xacct.lab.errors import LabError

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_MANIFEST = "jars.json"

# In Spark's own jars folder already; a second copy of another version would only disturb it.
_IN_SPARK = (
    "io.netty:*",
    "org.slf4j:*",
    "commons-codec:*",
    "commons-logging:*",
    "org.apache.httpcomponents:*",
    "com.fasterxml.jackson.core:*",
)
_IN_SPARK_4 = (*_IN_SPARK, "com.fasterxml.jackson.dataformat:*", "joda-time:*")
_V1 = ("aws-java-sdk-s3", "aws-java-sdk-sts", "aws-java-sdk-dynamodb")
# netty-nio-client is missed only at the first rename, dynamodb (v1) and the analytics accelerator at the first use.
_V2 = ("s3", "sts", "s3-transfer-manager", "apache-client", "netty-nio-client")


@dataclass(frozen=True)
class JarSet:
    """One line's set: hadoop-aws without its dependencies, and the parts of the SDK it needs."""

    hadoop: str
    sdk: str
    analytics_accelerator: str | None = None

    @property
    def uses_sdk_v1(self) -> bool:
        return self.sdk.startswith("1.")

    def dependencies(self) -> list[tuple[str, Iterable[str]]]:
        """Coordinates with what is excluded from each."""
        found: list[tuple[str, Iterable[str]]] = [(f"org.apache.hadoop:hadoop-aws:{self.hadoop}", ["*:*"])]
        if self.uses_sdk_v1:
            excluded = (*_IN_SPARK, "software.amazon.ion:*")
            return [*found, *((f"com.amazonaws:{name}:{self.sdk}", excluded) for name in _V1)]
        found += [(f"software.amazon.awssdk:{name}:{self.sdk}", _IN_SPARK_4) for name in _V2]
        if self.analytics_accelerator is not None:
            accelerator = (
                f"software.amazon.s3.analyticsaccelerator:analyticsaccelerator-s3:{self.analytics_accelerator}"
            )
            found.append((accelerator, _IN_SPARK_4))
        return found


# Spark line -> the hadoop-aws of the Hadoop client it brings, and that release's SDK. 2.24.6, the SDK of Hadoop 3.4.1,
# has no s3-transfer-manager on Maven Central; the next one that has is taken.
JAR_SETS: Mapping[str, JarSet] = {
    "3.5": JarSet("3.3.4", "1.12.262"),
    "4.0": JarSet("3.4.1", "2.25.26"),
    "4.1": JarSet("3.4.2", "2.29.52", "1.2.1"),
    "4": JarSet("3.5.0", "2.35.4", "1.3.1"),
}
_SAME = {"4.2": "4", "4.3": "4"}


def line_of(release: str) -> str:
    """The line of a Spark version or label: "spark-3.5", "3.5.9" -> "3.5". Raises LabError with the known ones."""
    text = release.removeprefix("spark-")
    for length in (2, 1):
        line = ".".join(text.split(".")[:length])
        line = _SAME.get(line, line)
        if line in JAR_SETS:
            return line
    raise LabError(f'no jars are known for release "{release}"; known are {", ".join(sorted(JAR_SETS))}')


def jar_set(line: str) -> Path:
    """The folder in the cache that holds the jars of a line; fetched by Maven the first time. Raises LabError."""
    wanted = JAR_SETS[line_of(line)]
    name = f"hadoop-aws-{wanted.hadoop}-sdk-{wanted.sdk}"
    folder = made_once(name, lambda folder: _fetch(wanted, folder))
    if _contents(folder) != json.loads((folder / _MANIFEST).read_text(encoding="utf-8")):
        talk(f"{folder} is damaged; fetching it again")
        shutil.rmtree(folder)
        folder = made_once(name, lambda folder: _fetch(wanted, folder))
    return folder


def copy_jars(line: str, target: Path) -> list[Path]:
    """Copies the jars of a line into a folder; returns them."""
    target.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy2(jar, target / jar.name)) for jar in sorted(jar_set(line).glob("*.jar"))]


def pom(wanted: JarSet) -> str:
    """A Maven project that depends on the set and is nothing else."""
    dependencies = "\n".join(_dependency(coordinates, excluded) for coordinates, excluded in wanted.dependencies())
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0">\n<modelVersion>4.0.0</modelVersion>\n'
        "<groupId>io.github.spark-xacct</groupId>\n<artifactId>jar-set</artifactId>\n<version>1</version>\n"
        f"<packaging>pom</packaging>\n<dependencies>\n{dependencies}\n</dependencies>\n</project>\n"
    )


def _dependency(coordinates: str, excluded: Iterable[str]) -> str:
    group, artifact, version = coordinates.split(":")
    exclusions = "".join(
        "<exclusion><groupId>{}</groupId><artifactId>{}</artifactId></exclusion>".format(*item.split(":"))
        for item in excluded
    )
    return (
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
        f"<exclusions>{exclusions}</exclusions></dependency>"
    )


def _fetch(wanted: JarSet, folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise LabError("Maven fetches the jars and is not on the PATH (Debian: apt-get install maven)")
    talk(f"fetching hadoop-aws {wanted.hadoop} and its part of AWS SDK {wanted.sdk} with Maven (once, some 10 MB)")
    file = folder / "pom.xml"
    file.write_text(pom(wanted), encoding="utf-8")
    done = subprocess.run(
        ["mvn", "-q", "-B", "-ntp", "-f", str(file), _PLUGIN, f"-DoutputDirectory={folder}", "-DincludeScope=runtime"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(
            f"Maven could not fetch hadoop-aws {wanted.hadoop}:\n{(done.stdout or done.stderr)[-2000:].strip()}"
        )
    _check(wanted, folder)
    (folder / _MANIFEST).write_text(json.dumps(_contents(folder)), encoding="utf-8")


def _check(wanted: JarSet, folder: Path) -> None:
    for coordinates, _ in wanted.dependencies():
        _, artifact, version = coordinates.split(":")
        if not (folder / f"{artifact}-{version}.jar").is_file():
            raise LabError(f"Maven reported no error, but {artifact}-{version}.jar is not in {folder}")
    for jar in folder.glob("*.jar"):
        if not zipfile.is_zipfile(jar):
            raise LabError(f"{jar} is not a jar; is a proxy between here and Maven Central?")


def _contents(folder: Path) -> dict[str, int]:
    return {jar.name: jar.stat().st_size for jar in sorted(folder.glob("*.jar"))}
