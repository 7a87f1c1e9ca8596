"""Starting the process of a lab: it serves, says why not, or is ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from spark_xacct.lab import LabError, ministack, process
from spark_xacct.lab.process import LabProcess

STARTED = '{"pid": 1, "ministack_pid": 2, "port": 3, "backend_port": 4, "token": "t"}'


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shell program that stands for the server; it is told a limit of half a second."""
    program = tmp_path / "server"
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(ministack, "command", lambda: Path("ministack"))
    monkeypatch.setattr(process, "START_SECONDS", 0.5)
    monkeypatch.setattr(process, "STOP_SECONDS", 0.5)
    return program


def start(server: Path, *lines: str) -> LabProcess:
    server.write_text("\n".join(("#!/bin/sh", f"echo $$ > {server}.pid", *lines, "")), encoding="utf-8")
    server.chmod(0o755)
    return LabProcess.start(server.parent, tls=False, tied=True)


def runs(group: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.01)
    return True


def test_a_server_that_serves_says_where(server: Path):
    started = start(server, f"printf '{STARTED[:9]}'; sleep 0.1; echo '{STARTED[9:]}'")

    assert (started.port, started.token) == (3, "t")
    assert started.child is not None
    assert started.child.wait(10) == 0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['echo \'{"error": "no port"}\''], "the lab did not start: no port"),
        (["echo Traceback >&2", "echo 'OSError: full' >&2"], "the lab did not start: Traceback\nOSError: full"),
    ],
    ids=["its reason", "the end of its log"],
)
def test_a_server_that_ends_says_why(server: Path, lines: list[str], message: str):
    with pytest.raises(LabError) as refused:
        start(server, *lines)

    assert str(refused.value) == message


@pytest.mark.parametrize("first", ["", "printf '{\"pid\": 1'", "trap '' TERM"], ids=["mute", "half a line", "deaf"])
def test_a_server_that_hangs_is_ended_and_its_log_is_told(server: Path, first: str):
    with pytest.raises(LabError) as refused:
        start(server, "echo 'still importing' >&2", first, "sleep 100 & wait; wait")

    assert str(refused.value) == "the lab did not start within 0.5 s; its log ends with:\nstill importing"
    assert not runs(int(Path(f"{server}.pid").read_text()))
