"""MiniStack in a container: with a fake engine that runs the real MiniStack, so that all but the engine is real."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from fakes.lab_clients import Callers
from fakes.two_accounts import two_accounts
from test_lab_life import SMALL, wait_until_gone

from spark_xacct.lab import Lab, LabError, ministack

FAKE_ENGINE = """#!{python}
import os, pathlib, signal, sys
folder = pathlib.Path({folder!r})
with (folder / "log").open("a") as log:
    print(*sys.argv[1:], file=log)
if sys.argv[1] == "run":
    (folder / "pid").write_text(str(os.getpid()))
    told = dict(argument[6:].split("=", 1) for argument in sys.argv if argument.startswith("--env="))
    os.execve({ministack!r}, ["ministack"], {{**os.environ, **told, "BIND_HOST": "127.0.0.1", "TMPDIR": str(folder)}})
os.kill(int((folder / "pid").read_text()), signal.SIGKILL)
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / "fake-engine"
    script.write_text(
        FAKE_ENGINE.format(python=sys.executable, folder=str(tmp_path), ministack=str(ministack.command()))
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return script


def test_a_lab_runs_in_a_container_and_removes_it(engine: Path):
    with Lab(two_accounts(), engine=engine.name) as lab:
        lab.put("s3://partner-data/in/a.txt", b"partner's")
        assert Callers(lab).partner().read("partner-data") == b"partner's"
        port = lab.process.backend_port

    started, removed = (engine.parent / "log").read_text(encoding="utf-8").splitlines()
    name = removed.split()[-1]
    assert removed == f"rm --force {name}"
    assert started == (
        f"run --rm --name={name} --publish=127.0.0.1:{port}:{port} --env=MINISTACK_HOST=127.0.0.1 --env=GATEWAY_PORT={port} "
        f"--env=EDGE_PORT={port} --env=AUTH=true --env=LOG_LEVEL=WARNING ministackorg/ministack:1.5.33"
    )
    assert wait_until_gone(int((engine.parent / "pid").read_text(encoding="ascii")))


def test_an_engine_that_is_not_there_is_named():
    with pytest.raises(LabError) as refusal:
        Lab(SMALL, engine="no-such-engine").start()

    assert str(refusal.value) == (
        "the lab did not start: the container engine no-such-engine is not on the PATH; "
        "leave it out to run MiniStack without one"
    )
