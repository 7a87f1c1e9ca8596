"""Real interpreters of other versions: on the path, or among those of pyenv."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def python(version: str, needs: str = "") -> str:
    """The interpreter of this version ("3.7") that has the modules ``needs``. Skips the test that asks where there is none."""
    program = f"import sys, {needs or 'sys'}; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    pyenv = sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")), reverse=True)
    for candidate in filter(None, [shutil.which(f"python{version}"), *pyenv]):
        if subprocess.run([candidate, "-c", program], capture_output=True, check=False).returncode == 0:
            return candidate
    pytest.skip(
        f"no Python {version}{f' with {needs}' if needs else ''} on this machine (python{version} on the path, or pyenv install "
        f"{version}): what runs on it was not run"
    )
