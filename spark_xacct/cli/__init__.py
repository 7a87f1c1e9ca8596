"""The command line: ``spark-xacct``. One file a command; ``output`` is the one module that prints."""

from __future__ import annotations

import platform
import socket
import sys

from spark_xacct.declaration import PYTHON_SINCE


def main() -> None:
    """Entry point of the command ``spark-xacct`` and of ``python -m spark_xacct``."""
    # This package also travels inside the jar, where only what drivers and workers need is sure to be there.
    if sys.version_info < PYTHON_SINCE:
        since = ".".join(map(str, PYTHON_SINCE))
        sys.exit(
            f"the command line needs Python {since} or newer, and host {socket.gethostname()} ran it with {platform.python_version()}; "
            "run it where spark-xacct is installed"
        )
    try:
        from spark_xacct.cli.application import cli
    except ImportError as error:
        name = (error.name or "").split(".")[0]
        if name in ("", "spark_xacct"):
            raise
        sys.exit(f"the command line needs {name}, which host {socket.gethostname()} has not; pip install spark-xacct")
    cli.main(prog_name="spark-xacct")
