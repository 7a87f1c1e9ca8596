"""MiniStack in a container, for machines with an engine on which nothing may be installed from PyPI."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
from pathlib import Path

from spark_xacct.lab.errors import LabError
from spark_xacct.lab.ministack import VERSION, Ministack, settings

IMAGE = f"ministackorg/ministack:{VERSION}"
STOP_SECONDS = 60


class ContainerBackend(Ministack):
    """MiniStack by ``docker run`` (or another engine with the same command line), published on loopback only.

    Its processes are the engine's: it is removed by name when the lab stops.
    """

    def __init__(self, folder: Path, engine: str = "docker") -> None:
        if shutil.which(engine) is None:
            raise LabError(
                f"the container engine {engine} is not on the PATH; leave it out to run MiniStack without one"
            )
        self._engine, self.name = engine, "xacct-lab-" + secrets.token_hex(6)
        super().__init__(folder)

    def _started(self, folder: Path) -> subprocess.Popen[bytes]:
        told = [f"--env={name}={value}" for name, value in settings(self.port).items()]
        published = f"--publish=127.0.0.1:{self.port}:{self.port}"
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [self._engine, "run", "--rm", f"--name={self.name}", published, *told, IMAGE],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [self._engine, "rm", "--force", self.name], capture_output=True, timeout=STOP_SECONDS, check=False
            )
        super().stop()
