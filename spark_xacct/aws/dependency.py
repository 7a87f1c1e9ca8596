"""What the worker half needs besides the standard library: boto3, and the S3 library that is asked for."""

from __future__ import annotations

import importlib
import platform
import socket
from typing import Any

from spark_xacct.errors import MissingDependencyError


def require_boto3() -> None:
    """Raises MissingDependencyError in words that help on a cluster's node, where nobody is logged in."""
    require("boto3")


def require(package: str, module: str | None = None) -> Any:
    """The module of a package (default: of the same name). Raises MissingDependencyError as ``require_boto3``."""
    try:
        return importlib.import_module(module or package)
    except ImportError as error:
        raise MissingDependencyError(
            f"{package} cannot be imported on host {socket.gethostname()} by Python {platform.python_version()} "
            f"({error}); add it there in one of three ways:\n"
            f"  on the nodes: python -m pip install {package} in the bootstrap action or the container image\n"
            "  with the job: a packed virtual environment in spark.archives, and PYSPARK_PYTHON in it\n"
            f"  from a folder that all nodes see: python -m pip install --target DIR {package}, and DIR on PYTHONPATH"
        ) from error
