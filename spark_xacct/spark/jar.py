"""Where the shim jar is: the one artefact that carries both the JVM's and the workers' half."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

from spark_xacct import version
from spark_xacct.errors import SparkStartError
from spark_xacct.version import __version__

JAR_ENVIRONMENT = "SPARK_XACCT_JAR"
JAR_NAME = f"spark-xacct-{__version__}.jar"
_VERSION_ENTRY = "io/sparkxacct/version.properties"


def find(environment: dict[str, str] | os._Environ[str]) -> Path:
    """The jar of this version: SPARK_XACCT_JAR, else the jar this package was imported from, else the wheel's own.

    Raises SparkStartError that says where it was looked for, or that its version is another.
    """
    named = environment.get(JAR_ENVIRONMENT)
    package = Path(version.__file__).parent
    candidates = [Path(named)] if named else [package.parent, package / "jars" / JAR_NAME]
    for path in candidates:
        if path.suffix == ".jar" and path.is_file():
            check(path)
            return path.resolve()
    raise SparkStartError(
        f"the jar {JAR_NAME} is missing: looked at {', '.join(str(path) for path in candidates)}; "
        f"install the spark-xacct wheel, name the jar in {JAR_ENVIRONMENT}, or in a checkout run: make jar"
    )


def check(path: Path) -> None:
    """Raises SparkStartError unless ``path`` is a spark-xacct jar of this package's version."""
    found = version_of(path)
    if found is None:
        raise SparkStartError(f"{path} is not a spark-xacct jar; name {JAR_NAME} in {JAR_ENVIRONMENT}")
    if found != __version__:
        raise SparkStartError(
            f"{path} is version {found} and the Python package is {__version__}; "
            f"use the jar that the package brings, or install spark-xacct=={found}"
        )


def sha256(path: Path) -> str:
    """64 hex digits, by which those who fetch the jar know that it is this one. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def version_of(path: Path) -> str | None:
    """The version written into a jar, None when it is no jar of ours."""
    try:
        with zipfile.ZipFile(path) as jar:
            lines = jar.read(_VERSION_ENTRY).decode("ascii").splitlines()
    except (OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError):
        return None
    return next((line.partition("=")[2].strip() for line in lines if line.startswith("version")), None)
