"""The same sources make the same jar, byte for byte, wherever and whenever they are built."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (
    "Makefile",
    "hatch_build.py",
    "conf_templates",
    "spark_xacct",
    "jvm_shim/pom.xml",
    "jvm_shim/shim/pom.xml",
    "jvm_shim/shim/src/main",
)


def built(folder: Path, time_zone: str, umask: int) -> str:
    for name in SOURCES:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__", "jars"), copy_function=shutil.copy
            )
        else:
            shutil.copy(source, target)
    done = subprocess.run(
        ["make", "build-jar"],
        cwd=folder,
        env={**os.environ, "TZ": time_zone},
        umask=umask,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (jar,) = (folder / "spark_xacct/jars").glob("*.jar")
    return hashlib.sha256(jar.read_bytes()).hexdigest()


@pytest.mark.slow
def test_two_builds_in_two_places_and_time_zones_make_one_jar(tmp_path: Path) -> None:
    assert built(tmp_path / "a", "UTC", 0o022) == built(tmp_path / "b" / "deeper", "Asia/Tokyo", 0o077)
