"""spark-submit as a child that outlives its launcher: its log and exit code are found again, whoever was killed."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from spark_xacct.launch import LaunchError, Phase, Run, State, child, stopping
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
    launcher.submit(calls("echo once $NEW", NEW=""), SUBMISSION)
    ended(launcher)

    assert launcher.submit(calls("echo once $NEW", NEW="environment"), SUBMISSION) == RUN
    assert text_of(launcher)["stdout"] == "once\n"


COMES_BACK = "take another --token, or come back to that run with --resume 0123456789ab"
# What is done to the program, as which the command is said then -> what is wrong
PROGRAMS: dict[str, tuple[Callable[[Path], Any], str, str | None]] = {
    "the same": (lambda path: path.touch(), "{}", None),
    "edited": (lambda path: path.write_text("#!/bin/sh\necho edited\n"), "{}", "another content of its program"),
    "gone": (lambda path: path.unlink(), "{}", "another content of its program"),
    "the same, by another name": (lambda path: path, "file://{}", "another command"),
    "another command": (lambda path: path, "echo", "another command"),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_a_token_is_for_one_command_and_one_program(case: str, launcher: SparkSubmit, tmp_path: Path) -> None:
    change, said, wrong = PROGRAMS[case]
    program = tmp_path / "job.sh"
    program.write_text("#!/bin/sh\necho once\n")
    program.chmod(0o755)
    launcher.submit(calls(str(program)), SUBMISSION)
    ended(launcher)
    change(program)

    try:
        found = str(launcher.submit(calls(said.format(program)), SUBMISSION) == RUN)
    except LaunchError as error:
        found = f"{error.exit_code}: {error}"

    assert found == ("True" if wrong is None else f"2: run 0123456789ab was submitted with {wrong}; {COMES_BACK}")
    assert text_of(launcher)["stdout"] == "once\n"


def test_two_commands_of_one_token_at_once_are_one_run_and_one_refusal(launcher: SparkSubmit) -> None:
    def submitted(script: str) -> str:
        try:
            return launcher.submit(calls(script), SUBMISSION).id
        except LaunchError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(submitted, ["echo one", "echo two"]))

    assert told == [RUN.id, f"run {RUN.id} was submitted with another command; {COMES_BACK}"]


def test_a_program_that_may_not_be_read_is_named(
    launcher: SparkSubmit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "job.py"
    program.touch()

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(LaunchError) as raised:
        launcher.submit(calls(str(program)), SUBMISSION)

    assert (str(raised.value), raised.value.exit_code) == (
        f"--entry-point {program} cannot be read (Permission denied); allow it",
        2,
    )


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


def test_a_run_has_ended_whatever_its_command_left_behind(launcher: SparkSubmit) -> None:
    launcher.submit(calls("sleep 60 > /dev/null 2>&1 & echo $!; exit 4"), SUBMISSION)
    try:
        assert ended(launcher) == State(Phase.FAILED, "EXITED 4", "exit code 4", 4)
        launcher.cancel(RUN)
        assert launcher.state(RUN).word == "EXITED 4", "there is nothing to cancel"
    finally:
        os.kill(int(text_of(launcher)["stdout"]), signal.SIGKILL)


def test_the_command_gets_signals_again_that_were_held_from_its_launcher(launcher: SparkSubmit, home: Path) -> None:
    # No shell: some of them let signals through by themselves.
    (home / "bin" / "spark-submit").write_text(
        f"#!{sys.executable}\nimport signal\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, ()))\n"
    )
    launcher.submit(calls(""), SUBMISSION)
    ended(launcher)

    assert text_of(launcher)["stdout"] == "set()\n"


def test_a_run_that_is_cancelled_before_its_command_begins_says_how_it_ended(tmp_path: Path) -> None:
    (tmp_path / "command.json").write_text(json.dumps(["sleep", "60"]))
    # Who opens it waits for a reader, so the command is not begun before.
    os.mkfifo(tmp_path / "stdout")
    with subprocess.Popen([sys.executable, child.__file__, str(tmp_path), "0"]) as keeper:
        try:
            until(lambda: (tmp_path / "pid").exists())
            keeper.terminate()
            time.sleep(0.3)
            reader = os.open(tmp_path / "stdout", os.O_RDONLY | os.O_NONBLOCK)
            keeper.wait(20)
            os.close(reader)
        finally:
            keeper.kill()

    assert (keeper.returncode, (tmp_path / "exit").read_text()) == (0, "143")


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


YOUNG, OLD = 10, KEPT_SECONDS + 10
# Folder, its files and how long ago each was written, whether somebody keeps it -> whether it stays
KEPT: dict[str, tuple[str, dict[str, int], bool, bool]] = {
    "ended long ago": (RUN.id, {"lock": OLD, "stdout": OLD, "exit": OLD}, False, False),
    "ended now": (RUN.id, {"lock": OLD, "stdout": OLD, "exit": YOUNG}, False, True),
    "ended, and what it left behind still writes": (RUN.id, {"stdout": YOUNG, "exit": OLD}, True, True),
    "ended long ago, and left something behind": (RUN.id, {"stdout": OLD, "exit": OLD}, True, False),
    "lost long ago": (RUN.id, {"lock": OLD, "pid": OLD, "stdout": OLD}, False, False),
    "lost, and has written lately": (RUN.id, {"lock": OLD, "pid": OLD, "stdout": YOUNG}, False, True),
    "going on without a word": (RUN.id, {"lock": OLD, "pid": OLD, "stdout": OLD}, True, True),
    "never begun": (f".{RUN.id}-x1", {"command.json": OLD}, False, False),
    "empty": (f".{RUN.id}-x2", {}, False, False),
    "beginning": (f".{RUN.id}-x3", {"command.json": YOUNG}, False, True),
    "not of runs": ("notes", {"a": OLD}, False, True),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT)
def test_runs_are_removed_where_nothing_has_changed_for_long(case: str, launcher: SparkSubmit, tmp_path: Path) -> None:
    name, files, is_kept, stays = KEPT[case]
    folder = tmp_path / "runs" / name
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        if is_kept:
            lock = stack.enter_context((folder / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        for path, ago in {**{path.name: OLD for path in folder.iterdir()}, **files}.items():
            (folder / path).touch()
            os.utime(folder / path, (time.time() - ago,) * 2)
        os.utime(folder, (time.time() - OLD,) * 2)

        launcher.submit(calls("exit 0"), Submission("f" * 32))

    assert folder.exists() == stays


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_while_the_process_is_started_leaves_a_run_that_goes_on(
    number: signal.Signals, launcher: SparkSubmit, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = subprocess.Popen

    def signalled(*arguments: Any, **more: Any) -> Any:
        os.kill(os.getpid(), number)
        return start(*arguments, **more)

    before = signal.getsignal(signal.SIGTERM)
    stopping.on_sigterm()
    monkeypatch.setattr(subprocess, "Popen", signalled)
    try:
        with pytest.raises(stopping.STOPPED):
            launcher.submit(calls("exit 3"), SUBMISSION)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert ended(launcher).word == "EXITED 3"


def test_whatever_keeps_the_process_from_being_started_does_not_use_up_the_token(
    launcher: SparkSubmit, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="null"):
        launcher.submit(calls("exit 3", BAD="\0"), SUBMISSION)

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
