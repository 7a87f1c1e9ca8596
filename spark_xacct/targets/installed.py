"""The pyspark that is installed here, read from its files: importing it would be slow and start nothing we need."""

from __future__ import annotations

import importlib.util
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

_VERSION = re.compile(r"""^__version__\b[^=]*=\s*["']((\d+)\.(\d+)[^"']*)["']""", re.MULTILINE)
_HADOOP_JAR = re.compile(r"^hadoop-client-api-(\d+)\.(\d+)\.(\d+)(.*)\.jar$")
_SPARK_VERSION = re.compile(r"^(\d+\.\d+)\.\d+")
_HADOOP_VERSION = re.compile(r"^(\d+)\.(\d+)\.(\d+)")
# EMR marks its builds: pyspark 3.5.0+amzn.1, hadoop-client-api-3.3.6-amzn-3.jar.
_EMR_MARK = "amzn"


@dataclass(frozen=True)
class InstalledPyspark:
    """``version`` is "4.3"; ``hadoop`` that of Spark's client jar, None where no jars are found; ``is_emr`` EMR's build."""

    version: str
    hadoop: tuple[int, ...] | None
    is_emr: bool = False


def find(origin: Path | None = None, spark_home: str | None = None) -> InstalledPyspark | None:
    """The pyspark at ``origin`` (its folder), by default the one that this Python would import; None without one.

    ``spark_home`` (SPARK_HOME, where set) is whose jars a JVM started here would have, wherever pyspark is.
    """
    if origin is None:
        spec = importlib.util.find_spec("pyspark")
        if spec is None or spec.origin is None:
            return None
        origin = Path(spec.origin).parent
    version = _version(_text(origin / "version.py"))
    if version is None:
        return None
    jar = next((found for found in map(_hadoop_jar, _jars_folders(origin, spark_home)) if found), None)
    return InstalledPyspark(
        version=version[0],
        hadoop=tuple(int(part) for part in jar.groups()[:3]) if jar else None,
        is_emr=version[1] or (jar is not None and _EMR_MARK in jar.group(4)),
    )


def running(spark_version: str, hadoop_version: str) -> InstalledPyspark | None:
    """The Spark that a live JVM says it is: "3.5.0+amzn.1" with Hadoop "3.3.6-amzn-3". None for what is no version."""
    spark, hadoop = _SPARK_VERSION.match(spark_version), _HADOOP_VERSION.match(hadoop_version)
    if spark is None or hadoop is None:
        return None
    return InstalledPyspark(
        version=spark.group(1),
        hadoop=tuple(int(part) for part in hadoop.groups()),
        is_emr=_EMR_MARK in spark_version + hadoop_version,
    )


def _version(text: str) -> tuple[str, bool] | None:
    match = _VERSION.search(text)
    return None if match is None else (f"{match.group(2)}.{match.group(3)}", _EMR_MARK in match.group(1))


def _jars_folders(origin: Path, spark_home: str | None) -> list[Path]:
    """Where the jars of a pyspark are: of SPARK_HOME, of the PyPI package, of a distribution (SPARK_HOME/python/pyspark),
    or of whatever spark-submit took its python/lib/pyspark.zip from."""
    named = [Path(spark_home) / "jars"] if spark_home else []
    return [
        *named,
        origin / "jars",
        origin.parents[1] / "jars",
        *(parent / "jars" for parent in list(origin.parents)[3:4]),
    ]


def _text(path: Path) -> str:
    """A file's text, also of a file within a zip; "" where there is none."""
    zipped = next((parent for parent in path.parents if parent.suffix == ".zip" and parent.is_file()), None)
    try:
        if zipped is None:
            return path.read_text(encoding="utf-8")
        with zipfile.ZipFile(zipped) as archive:
            return archive.read(path.relative_to(zipped).as_posix()).decode("utf-8")
    except (OSError, KeyError, UnicodeDecodeError, zipfile.BadZipFile):
        return ""


def _hadoop_jar(jars: Path) -> re.Match[str] | None:
    if not jars.is_dir():
        return None
    return next((match for match in (_HADOOP_JAR.match(jar.name) for jar in sorted(jars.iterdir())) if match), None)
