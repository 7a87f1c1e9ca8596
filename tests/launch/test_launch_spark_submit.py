"""spark-submit as a child that outlives its launcher: its log and exit code are found again, whoever was killed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spark_xacct.launch import LaunchError, Phase, Run, State, child
from spark_xacct.launch.launcher import Call, Submission
from spark_xacct.launch.spark_submit import KEPT_SECONDS, SparkSubmit, runs_folder

ROOT = Path(__file__).parents[2]
SUBMISSION = Submission("0123456789ab" + "0" * 20)
RUN = Run("spark-submit", "0123456789ab", None, "0123456789ab")
# What a test says instead of a Spark program: the arguments of a shell.
FAKE = '#!/bin/sh\nexec sh -c "$@"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A SPARK_HOME whose spark-submit is a shell."""
    program = tmp_path / "spark" / "bin" / "spark-submit"
    program.parent.mkdir(parents=True)
    program.write_text(FAKE)
    program.chmod(0o755)
    return tmp_path / "spark"


@pytest.fixture
def launcher(home: Path, tmp_path: Path) -> SparkSubmit:
    return SparkSubmit(None, {"SPARK_HOME": str(home), "PATH": os.environ["PATH"]}, tmp_path / "runs")


def calls(script: str, **environment: str) -> list[Call]:
    return [Call(None, "spark-submit", {"arguments": [script], "environment": environment})]


def until(condition: Callable[[], Any]) -> Any:
    for _ in range(300):
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to be within 15 s")


def ended(launcher: SparkSubmit) -> State:
    until(lambda: launcher.state(RUN).phase.is_terminal)
    return launcher.state(RUN)


def text_of(launcher: SparkSubmit) -> dict[str, str]:
    return {source.name: Path(source.address).read_text() for source in launcher.logs(RUN)}


ENDS = {
    "good": ("echo out; echo err >&2", State(Phase.GOOD, "EXITED 0", "", 0)),
    "failed": ("echo out; echo err >&2; exit 3", State(Phase.FAILED, "EXITED 3", "exit code 3", 3)),
    "killed": ("echo out; echo err >&2; kill -9 $$", State(Phase.FAILED, "EXITED 137", "ended by SIGKILL", 137)),
}


@pytest.mark.parametrize("case", ENDS)
def test_log_and_exit_code_of_a_command(case: str, launcher: SparkSubmit) -> None:
    script, expected = ENDS[case]

    assert launcher.submit(calls(script), SUBMISSION) == RUN
    assert ended(launcher) == expected
    assert text_of(launcher) == {"stdout": "out\n", "stderr": "err\n"}


def test_the_command_gets_the_environment_and_the_plan(launcher: SparkSubmit) -> None:
    launcher.submit(calls("echo $SPARK_XACCT_RUN", SPARK_XACCT_RUN="0123456789ab"), SUBMISSION)

    assert ended(launcher).phase is Phase.GOOD
    assert text_of(launcher)["stdout"] == "0123456789ab\n"


def test_the_same_token_starts_no_second_command(launcher: SparkSubmit) -> None:
    launcher.submit(calls("echo once"), SUBMISSION)
    ended(launcher)

    assert launcher.submit(calls("echo twice"), SUBMISSION) == RUN
    assert text_of(launcher)["stdout"] == "once\n"


def test_a_run_that_goes_on_is_running_for_whoever_asks(launcher: SparkSubmit, home: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    launcher.submit(calls(f"read line < {go}"), SUBMISSION)
    other = SparkSubmit(None, {"SPARK_HOME": str(home)}, tmp_path / "runs")

    assert other.state(RUN) == State(Phase.RUNNING, "RUNNING")
    go.write_text("on\n")
    assert ended(other).phase is Phase.GOOD


def test_the_launcher_is_killed_and_the_run_is_found_again(home: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    script = f"echo before; read line < {go}; echo after $line; exit 5"
    program = (
        "import sys, time; from pathlib import Path; from spark_xacct.launch.launcher import Call, Submission\n"
        "from spark_xacct.launch.spark_submit import SparkSubmit\n"
        "home, runs, script = sys.argv[1:]\n"
        f"SparkSubmit(None, {{'SPARK_HOME': home}}, Path(runs)).submit([Call(None, 'x', {{'arguments': [script], 'environment': {{}}}})], Submission('{SUBMISSION.token}'))\n"
        "print('submitted', flush=True); time.sleep(60)\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program, str(home), str(tmp_path / "runs"), script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert first.stdout is not None
    assert first.stdout.readline() == b"submitted\n"
    second = SparkSubmit(None, {}, tmp_path / "runs")
    until(
        lambda: (
            "before" in text_of(second).get("stdout", "") if (tmp_path / "runs" / RUN.id / "stdout").exists() else False
        )
    )
    first.send_signal(signal.SIGKILL)
    first.wait()

    assert second.state(RUN) == State(Phase.RUNNING, "RUNNING")
    go.write_text("go\n")
    assert ended(second) == State(Phase.FAILED, "EXITED 5", "exit code 5", 5)
    assert text_of(second)["stdout"] == "before\nafter go\n"


def test_a_run_whose_keeper_was_killed_too_is_lost_and_says_so(launcher: SparkSubmit, tmp_path: Path) -> None:
    launcher.submit(calls("kill -9 $PPID"), SUBMISSION)

    assert ended(launcher) == State(
        Phase.FAILED, "LOST", "it left no exit code: it was killed, or the machine was restarted"
    )


def test_while_the_command_lives_without_its_keeper_it_runs(launcher: SparkSubmit, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    launcher.submit(calls(f"kill -9 $PPID; read line < {go}"), SUBMISSION)
    time.sleep(0.5)

    assert launcher.state(RUN).phase is Phase.RUNNING
    go.write_text("\n")
    assert ended(launcher).word == "LOST"


def test_cancelling_stops_the_command(launcher: SparkSubmit) -> None:
    launcher.submit(calls("trap 'echo closing; exit 9' TERM; echo ready; while :; do sleep 0.1; done"), SUBMISSION)
    until(lambda: "ready" in text_of(launcher)["stdout"] if Path(launcher.logs(RUN)[0].address).exists() else False)

    launcher.cancel(RUN)

    assert ended(launcher) == State(Phase.CANCELLED, "CANCELLED", "exit code 9", 9)
    assert text_of(launcher)["stdout"] == "ready\nclosing\n"


def test_cancelling_touches_no_process_that_only_has_the_keepers_number(launcher: SparkSubmit, tmp_path: Path) -> None:
    launcher.submit(calls("exec sleep 3"), SUBMISSION)
    pid = tmp_path / "runs" / RUN.id / "pid"
    keeper = until(lambda: pid.exists() and pid.read_text())
    with subprocess.Popen(["sleep", "30"]) as other:
        pid.write_text(str(other.pid))
        try:
            with pytest.raises(LaunchError) as raised:
                launcher.cancel(RUN)
            time.sleep(0.2)
            code = other.poll()
        finally:
            other.kill()
            pid.write_text(keeper)
            launcher.cancel(RUN)

    assert (str(raised.value), code) == (
        f"the process that kept run {RUN.id} is gone, and its command goes on; end that by hand",
        None,
    )


def test_cancelling_what_has_ended_changes_nothing(launcher: SparkSubmit) -> None:
    launcher.submit(calls("exit 0"), SUBMISSION)
    ended(launcher)

    launcher.cancel(RUN)

    assert launcher.state(RUN).phase is Phase.GOOD


def test_the_folder_of_a_run_is_for_its_user_alone(launcher: SparkSubmit, tmp_path: Path) -> None:
    launcher.submit(calls("exit 0"), SUBMISSION)
    ended(launcher)

    folder = tmp_path / "runs" / RUN.id
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["command.json", "exit", "lock", "pid", "stderr", "stdout"]
    assert json.loads((folder / "command.json").read_text())[1:] == ["exit 0"]


def test_runs_that_ended_long_ago_are_removed(launcher: SparkSubmit, tmp_path: Path) -> None:
    launcher.submit(calls("exit 0"), SUBMISSION)
    ended(launcher)
    past = time.time() - KEPT_SECONDS - 10
    os.utime(tmp_path / "runs" / RUN.id / "exit", (past, past))

    launcher.submit(calls("exit 0"), Submission("f" * 32))

    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["f" * 12]


MISSING = {
    "no spark-submit in SPARK_HOME": ({"SPARK_HOME": "/nowhere"}, "spark-submit is not in /nowhere/bin (SPARK_HOME); install Spark, or set SPARK_HOME"),
    "no spark-submit at all": ({"PATH": "/nowhere"}, "spark-submit is not in PATH; install Spark, or set SPARK_HOME"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISSING)
def test_a_machine_without_spark(case: str, tmp_path: Path) -> None:
    environment, expected = MISSING[case]

    with pytest.raises(LaunchError) as raised:
        SparkSubmit(None, environment, tmp_path / "runs").submit(calls("exit 0"), SUBMISSION)

    assert (str(raised.value), raised.value.exit_code) == (expected, 2)
    assert not (tmp_path / "runs").exists()


def test_a_submit_that_is_interrupted_does_not_use_up_its_token(
    launcher: SparkSubmit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(child, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            launcher.submit(calls("exit 3"), SUBMISSION)

    assert list((tmp_path / "runs").iterdir()) == []
    launcher.submit(calls("exit 3"), SUBMISSION)
    assert ended(launcher).code == 3


def test_a_process_that_cannot_be_started_is_one_line_and_does_not_use_up_its_token(
    launcher: SparkSubmit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **more: Any) -> None:
        raise OSError(7, "Argument list too long")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse)
        with pytest.raises(LaunchError) as raised:
            launcher.submit(calls("exit 3"), SUBMISSION)

    assert str(raised.value) == (
        f"the run cannot be started in {tmp_path / 'runs'} ([Errno 7] Argument list too long); set XDG_STATE_HOME to a folder of yours"
    )
    assert list((tmp_path / "runs").iterdir()) == []
    launcher.submit(calls("exit 3"), SUBMISSION)
    assert ended(launcher).code == 3


def test_two_submits_of_one_token_at_once_start_one_command(launcher: SparkSubmit, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: launcher.submit(calls("echo once"), SUBMISSION), range(4)))

    assert runs == [RUN] * 4
    assert ended(launcher).code == 0
    assert text_of(launcher)["stdout"] == "once\n"
    assert [one.name for one in (tmp_path / "runs").iterdir()] == [RUN.id]


@pytest.mark.parametrize("identity", ["f" * 12, ".", ".."])
def test_a_run_of_another_machine(identity: str, launcher: SparkSubmit, tmp_path: Path) -> None:
    with pytest.raises(LaunchError) as raised:
        launcher.find(Run("spark-submit", identity))

    assert str(raised.value) == (
        f"there is no run {identity} in {tmp_path / 'runs'}; runs of spark-submit are kept on the machine that made them"
    )


def test_where_runs_are_kept() -> None:
    assert runs_folder({"XDG_STATE_HOME": "/s"}) == Path("/s/spark-xacct/runs")
    assert runs_folder({}) == Path.home() / ".local/state/spark-xacct/runs"


@pytest.mark.parametrize("identity", ["../runs/0123456789ab", "a/../0123456789ab", ".."])
def test_an_id_that_is_a_path_is_no_run(identity: str, launcher: SparkSubmit, tmp_path: Path) -> None:
    launcher.submit(calls("true"), SUBMISSION)
    ended(launcher)
    (tmp_path / "runs" / "a").mkdir()
    (tmp_path / "command.json").write_text("[]")

    with pytest.raises(LaunchError) as raised:
        launcher.find(Run("spark-submit", identity))

    assert str(raised.value) == (
        f"there is no run {identity} in {tmp_path / 'runs'}; runs of spark-submit are kept on the machine that made them"
    )
