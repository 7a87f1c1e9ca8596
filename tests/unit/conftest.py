"""Unit tests: no network, no JVM."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import settings
from interpreters import python

REPOSITORY = Path(__file__).parents[2]
OLD_BOTO3 = "boto3==1.26.*"

# The machines that run this are shared: a slow moment is no finding.
settings.register_profile("spark-xacct", deadline=None, print_blob=True)
settings.load_profile("spark-xacct")


@pytest.fixture(scope="session")
def old_python():
    """Python 3.7 with boto3 1.26, in a virtual environment that is kept between runs."""
    found = python("3.7", needs="venv, ensurepip")
    folder = REPOSITORY / ".cache" / "python3.7-boto3-1.26"
    made = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        subprocess.run([found, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run(
            [str(made), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", OLD_BOTO3], check=True
        )
        (folder / ".ready").touch()
    return made
