"""Unit tests: no network, no JVM."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).parents[2]
OLD_BOTO3 = "boto3==1.26.*"

# The machines that run this are shared: a slow moment is no finding.
settings.register_profile("spark-xacct", deadline=None, print_blob=True)
settings.load_profile("spark-xacct")


@pytest.fixture(scope="session")
def old_python():
    """Python 3.7 with boto3 1.26, in a virtual environment that is kept between runs."""
    candidates = [shutil.which("python3.7"), *sorted(map(str, Path.home().glob(".pyenv/versions/3.7.*/bin/python")))]
    found = next(filter(has_venv, filter(None, candidates)), None)
    if found is None:
        pytest.skip("no Python 3.7 with venv on this machine: the worker half on boto3 1.26 was not run")
    folder = REPOSITORY / ".cache" / "python3.7-boto3-1.26"
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        subprocess.run([found, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", OLD_BOTO3], check=True
        )
        (folder / ".ready").touch()
    return python


def has_venv(python: str) -> bool:
    return subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0
