"""The pyspark that is installed here, read from its files: importing it would be slow and start nothing we need."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

_VERSION = re.compile(r"""^__version__\b[^=]*=\s*["'](\d+)\.(\d+)[^"']*["']""", re.MULTILINE)
_HADOOP_JAR = re.compile(r"^hadoop-client-api-(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class InstalledPyspark:
    """``version`` is "4.3"; ``hadoop`` that of the client jar beside it, None where jars lie elsewhere."""

    version: str
    hadoop: tuple[int, ...] | None


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
    return InstalledPyspark(f"{version.group(1)}.{version.group(2)}", _hadoop(origin / "jars"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _hadoop(jars: Path) -> tuple[int, ...] | None:
    if not jars.is_dir():
        return None
    for jar in sorted(jars.iterdir()):
        match = _HADOOP_JAR.match(jar.name)
        if match:
            return tuple(int(part) for part in match.groups())
    return None
