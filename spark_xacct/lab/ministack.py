"""MiniStack: the server that holds the accounts. In a virtual environment of its own, because it pins botocore."""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from spark_xacct.lab.cache import made_once, talk
from spark_xacct.lab.errors import LabError

# Older releases take AUTH=true and enforce nothing.
VERSION = "1.5.33"
START_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1


def command() -> Path:
    """The ministack command; installs it into the cache the first time (some 90 MB)."""
    name = f"ministack-{VERSION}-py{sys.version_info[0]}.{sys.version_info[1]}"
    return made_once(name, _install) / "bin" / "ministack"


def _install(folder: Path) -> None:
    talk(f"installing MiniStack {VERSION} into {folder} (once, about 90 MB)")
    _run(
        [sys.executable, "-m", "venv", str(folder)], "make a virtual environment (Debian: apt-get install python3-venv)"
    )
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, f"ministack=={VERSION}"], f"install ministack=={VERSION}")


def _run(arguments: list[str], what: str) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"the lab cannot {what}:\n{(done.stderr or done.stdout).strip()}")


class Ministack:
    """One running MiniStack on loopback, its data in ``folder``. Ends with the process that started it."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self._log = folder / "ministack.log"
        self.process = self._started(folder)

    def _started(self, folder: Path) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LANG": "C.UTF-8",
            # Without it, it listens on every address.
            "BIND_HOST": "127.0.0.1",
            "STATE_DIR": str(folder / "state"),
            "S3_DATA_DIR": str(folder / "s3"),
            **settings(self.port),
        }
        executable = command()
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [str(executable)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent,
            )

    def wait_until_ready(self) -> None:
        """Raises LabError with the end of its log if it does not come up."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            if _answers(self.port):
                return
            time.sleep(0.02)
        raise LabError(f"MiniStack did not start on port {self.port}:\n{self._log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        # Nothing of it is kept, and its own way down takes a second and more.
        self.process.kill()
        self.process.wait()


def settings(port: int) -> dict[str, str]:
    """What MiniStack must be told wherever it runs."""
    return {
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "EDGE_PORT": str(port),
        "AUTH": "true",
        "LOG_LEVEL": "WARNING",
    }


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    # A lab that is killed takes its MiniStack along; elsewhere than on Linux it stays until `lab down`.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
