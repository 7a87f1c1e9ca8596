"""The process of a lab, seen from the one who starts it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spark_xacct.lab import ministack
from spark_xacct.lab.errors import LabError

STOP_SECONDS = 15.0
# Twice what the servers give MiniStack to come up.
START_SECONDS = 120.0


@dataclass(frozen=True)
class LabProcess:
    """Ports and pids of a running lab. ``token`` opens its control path and never shows."""

    pid: int
    ministack_pid: int
    port: int
    backend_port: int
    token: str = field(repr=False)
    tls_port: int | None = None
    certificate: str | None = None
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def start(cls, folder: Path, *, tls: bool, tied: bool, engine: str | None = None) -> LabProcess:
        """Starts the servers with their data in ``folder``; returns when they answer. Raises LabError."""
        # Before the child, so that progress of the installation reaches this terminal.
        if engine is None:
            ministack.command()
        arguments = [sys.executable, "-m", "spark_xacct.lab.server", str(folder)]
        arguments += (["--tied"] if tied else []) + (["--tls"] if tls else [])
        arguments += ["--engine", engine] if engine else []
        log = folder / "lab.log"
        with log.open("wb") as file:
            child = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                # A Ctrl-C at the terminal is the owner's: it stops the lab in its own order.
                start_new_session=True,
            )
        line = _first_line(child, START_SECONDS)
        if line is None:
            _end(child)
            raise LabError(f"the lab did not start within {START_SECONDS:g} s; its log ends with:\n{_end_of(log)}")
        started = json.loads(line) if line else {"error": _end_of(log)}
        if "error" in started:
            child.wait()
            raise LabError(f"the lab did not start: {started['error']}")
        return cls(**started, child=child)

    def to_json(self) -> dict[str, Any]:
        values = asdict(_without_child(self))
        del values["child"]
        return values

    def is_alive(self) -> bool:
        if self.child is not None:
            return self.child.poll() is None
        try:
            os.kill(self.pid, 0)
            # In a container without an init nobody collects a child whose parent is gone.
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except ProcessLookupError:
            return False
        except OSError:
            return True

    def stop(self) -> None:
        """Stops the front and MiniStack; returns when both are gone."""
        if not self.is_alive():
            return
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while self.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
        if self.child is not None:
            self.child.wait()
            if self.child.stdin is not None:
                self.child.stdin.close()


def _first_line(child: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """What the child says first, b"" where it ends without a word, None where it has said nothing whole in time."""
    assert child.stdout is not None
    said, end = b"", time.monotonic() + seconds
    with child.stdout, selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while not said.endswith(b"\n"):
            if not selector.select(end - time.monotonic()):
                return None
            # Past the buffer, which the selector knows nothing of.
            part = os.read(child.stdout.fileno(), 65_536)
            if not part:
                break
            said += part
    return said


def _end(child: subprocess.Popen[bytes]) -> None:
    """The child and whatever it has started: it leads a session of its own."""
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdin is not None:
        child.stdin.close()


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:].strip()


def _without_child(process: LabProcess) -> LabProcess:
    values = {name: getattr(process, name) for name in LabProcess.__dataclass_fields__}
    return LabProcess(**{**values, "child": None})
