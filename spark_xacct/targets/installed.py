"""The pyspark that is installed here, read from its files: importing it would be slow and start nothing we need."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

_VERSION = re.compile(r"""^__version__\b[^=]*=\s*["']((\d+)\.(\d+)[^"']*)["']""", re.MULTILINE)
_HADOOP_JAR = re.compile(r"^hadoop-client-api-(\d+)\.(\d+)\.(\d+)(.*)\.jar$")
# EMR marks its builds: pyspark 3.5.0+amzn.1, hadoop-client-api-3.3.6-amzn-3.jar.
_EMR_MARK = "amzn"


@dataclass(frozen=True)
class InstalledPyspark:
    """``version`` is "4.3"; ``hadoop`` that of Spark's client jar, None where no jars are found; ``is_emr`` EMR's build."""

    version: str
    hadoop: tuple[int, ...] | None
    is_emr: bool = False


def find(origin: Path | None = None) -> InstalledPyspark | None:
    """The pyspark at ``origin`` (its folder), by default the one that this Python would import; None without one."""
    if origin is None:
        spec = importlib.util.find_spec("pyspark")
        if spec is None or spec.origin is None:
            return None
        origin = Path(spec.origin).parent
    version = _VERSION.search(_text(origin / "version.py"))
    if version is None:
        return None
    # Of the PyPI package, else of a distribution: SPARK_HOME/python/pyspark and SPARK_HOME/jars.
    jar = _hadoop_jar(origin / "jars") or _hadoop_jar(origin.parent.parent / "jars")
    return InstalledPyspark(
        version=f"{version.group(2)}.{version.group(3)}",
        hadoop=tuple(int(part) for part in jar.groups()[:3]) if jar else None,
        is_emr=_EMR_MARK in version.group(1) or (jar is not None and _EMR_MARK in jar.group(4)),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _hadoop_jar(jars: Path) -> re.Match[str] | None:
    if not jars.is_dir():
        return None
    return next((match for match in (_HADOOP_JAR.match(jar.name) for jar in sorted(jars.iterdir())) if match), None)
