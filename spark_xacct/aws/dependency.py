"""What the worker half needs besides the standard library: boto3."""

from __future__ import annotations

import importlib
import platform
import socket

from spark_xacct.errors import MissingDependencyError


def require_boto3() -> None:
    """Raises MissingDependencyError in words that help on a cluster's node, where nobody is logged in."""
    try:
        importlib.import_module("boto3")
    except ImportError as error:
        raise MissingDependencyError(
            f"boto3 cannot be imported on host {socket.gethostname()} by Python {platform.python_version()} "
            f"({error}); add it there in one of three ways:\n"
            "  on the nodes: python -m pip install boto3 in the bootstrap action or the container image\n"
            "  with the job: a packed virtual environment in spark.archives, and PYSPARK_PYTHON in it\n"
            "  from a folder that all nodes see: python -m pip install --target DIR boto3, and DIR on PYTHONPATH"
        ) from error
