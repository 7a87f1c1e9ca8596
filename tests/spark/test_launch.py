"""``submit spark-submit`` runs the main job on a local cluster; its launcher is killed, and another one comes back to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running import DECLARATION, PROGRAMS, PROTECTED, ROOT, SparkRunner, results

from spark_xacct.lab.lab import Lab

# Its main job leaves files that the one of test_main_job makes anew.
pytestmark = pytest.mark.slow
READER = "arn:aws:sts::444455556666:assumed-role/reader/"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "spark_xacct", "submit", "spark-submit", "--config", str(DECLARATION), *arguments]


def test_the_main_job_is_waited_for_left_and_found_again_with_its_log_and_code(
    runner: SparkRunner, lab: Lab, tmp_path: Path
) -> None:
    configuration = runner.configuration("launched", PROTECTED, master="local-cluster[2,1,1024]", identity=False)
    path = f"{Path(sys.executable).parent}:{runner.environment(configuration)['PATH']}"
    environment = runner.environment(configuration, PATH=path, PYTHONPATH=str(ROOT), XDG_STATE_HOME=str(tmp_path))
    jars = ",".join(str(path) for path in runner.jars.glob("*.jar"))
    lab.clear_calls()

    first = subprocess.Popen(
        command("--entry-point", str(PROGRAMS / "main_job.py"), "--argument", str(DECLARATION), "--argument", lab.queue_url("events"),
                "--parameter=--jars", f"--parameter={jars}"),
        env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert first.stdout is not None
    assert first.stderr is not None
    early = []
    for line in first.stdout:
        early.append(line)
        if line.startswith("RESULT"):
            break
    first.send_signal(signal.SIGKILL)
    told = first.stderr.read()
    first.wait()
    assert early, told
    run = results("".join(early))["run"]
    assert f"submitted {run};" in told

    second = subprocess.run(
        [*command("--resume", run), "--format", "json"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert second.returncode == 0, second.stderr[-6000:]
    answer = json.loads(second.stdout)
    assert (answer["phase"], answer["state"], answer["code"], answer["session_run"]) == ("good", "EXITED 0", 0, run)
    found = results(second.stderr)
    assert (found["sent"], found["ids"], found["big"]) == (100, 100, 200_000)
    names = {str(call.who) for call in lab.calls() if call.operation == "SendMessage"}
    assert {name.startswith(f"{READER}{run}-") for name in names} == {True}


def test_a_job_that_fails_gives_its_own_code(runner: SparkRunner, tmp_path: Path) -> None:
    program = tmp_path / "fails.py"
    program.write_text("import sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\nsys.exit(7)\n")
    configuration = runner.configuration("failing", {})
    path = f"{Path(sys.executable).parent}:{runner.environment(configuration)['PATH']}"
    environment = runner.environment(configuration, PATH=path, PYTHONPATH=str(ROOT), XDG_STATE_HOME=str(tmp_path))

    done = subprocess.run(
        command("--entry-point", str(program)), env=environment, cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode == 7, done.stderr[-3000:]
    # Spark gives out both of a Python driver there.
    assert done.stdout.splitlines() == ["to stdout", "to stderr"]
    assert done.stderr.splitlines()[-1].endswith(": EXITED 7: exit code 7")
