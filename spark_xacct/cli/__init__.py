"""The command line: ``spark-xacct``. One file a command; ``output`` is the one module that prints."""

from __future__ import annotations

import socket
import sys


def main() -> None:
    """Entry point of the command ``spark-xacct`` and of ``python -m spark_xacct``."""
    try:
        from spark_xacct.cli.application import cli
    except ImportError as error:
        name = (error.name or "").split(".")[0]
        if name in ("", "spark_xacct"):
            raise
        # This package also travels inside the jar, where only the worker half's dependencies are sure to be there.
        sys.exit(f"the command line needs {name}, which host {socket.gethostname()} has not; pip install spark-xacct")
    cli.main(prog_name="spark-xacct")
