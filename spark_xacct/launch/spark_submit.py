"""spark-submit on this machine, in a process that outlives the launcher: killed or detached, it is found again by its folder.

In client mode that process is the driver. In cluster mode it is the client, which waits for the application and whose log
names it; where this machine is gone, YARN and Kubernetes are asked for that id.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from spark_xacct.launch import child, job_runs, stopping
from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.clients import Clients
from spark_xacct.launch.launcher import Call, Submission, register
from spark_xacct.launch.run import LogSource, Phase, Run, State
from spark_xacct.spark import jar
from spark_xacct.targets import Job, Rendered, limits, submit_command
from spark_xacct.targets.spark_submit import carried
from spark_xacct.targets.submit_options import as_arguments

NAME = "spark-submit"
KEPT_SECONDS = 14 * 24 * 3600
PROGRAM_FILE = "program.sha256"
# A run's folder, and one that was to become it.
_OURS = re.compile(r"[0-9a-f]{12}|\.[0-9a-f]{12}-.*")


class SparkSubmit:
    target = NAME
    is_local = True
    names_run = True
    takes_log_group = False
    longest_delay_seconds = 1.0
    log_delay_seconds = 0.0

    def __init__(
        self, clients: Clients | None = None, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        """``folder``: where runs are kept; by default that of the user's state."""
        self._environment = os.environ if environment is None else environment
        self._folder = folder or runs_folder(self._environment)

    def calls(self, rendered: Rendered, submission: Submission) -> Sequence[Call]:
        job, environment = rendered.job, rendered.content["environment"]
        options = as_arguments(NAME, job, carried(rendered.settings), whole=True)
        limits.check_command(NAME, options)
        arguments = ["--name", job.name, *options, job.entry_point, *job.arguments]
        return [Call(None, NAME, {"arguments": arguments, "environment": dict(environment)})]

    def submit(self, calls: Sequence[Call], submission: Submission) -> Run:
        (call,) = calls
        run = Run(NAME, submission.run, None, submission.run)
        folder = self._folder / submission.run
        try:
            self._prune()
            command = [self._program(), *call.request["arguments"]]
            kept = {"command.json": json.dumps(command), **_program_kept(call.request["arguments"])}
            if not folder.is_dir():
                self._make(folder, kept, {**self._environment, **call.request["environment"]})
            # Somebody else may have made it: earlier, or at the same time.
            _check_same(submission.run, folder, kept)
        except OSError as error:
            raise LaunchError(
                f"the run cannot be started in {self._folder} ({error}); set XDG_STATE_HOME to a folder of yours", 1
            ) from None
        return run

    def find(self, run: Run) -> Run:
        self._folder_of(run)
        return Run(NAME, run.id, None, run.id)

    def state(self, run: Run) -> State:
        folder = self._folder_of(run)
        # A process that the command left behind may hold the lock for ever.
        code = _number_in(folder / "exit")
        if code is None:
            if _is_locked(folder):
                return State(Phase.RUNNING, "RUNNING")
            # It may have ended between the two questions.
            code = _number_in(folder / "exit")
        if code is None:
            reason = "it left no exit code: it was killed, or the machine was restarted"
            return State(Phase.FAILED, "LOST", reason)
        if (folder / "cancelled").exists():
            return State(Phase.CANCELLED, "CANCELLED", f"exit code {code}", code)
        word = f"EXITED {code}"
        return State(Phase.GOOD if code == 0 else Phase.FAILED, word, "" if code == 0 else _as_signal(code), code)

    def logs(self, run: Run) -> Sequence[LogSource]:
        folder = self._folder_of(run)
        return [LogSource(name, "file", str(folder / name)) for name in ("stdout", "stderr")]

    def cancel(self, run: Run) -> None:
        folder = self._folder_of(run)
        process = _number_in(folder / "pid")
        if process is None or (folder / "exit").exists() or not _is_locked(folder):
            return
        # The command holds the lock too, so the keeper may be gone and its number be that of another process.
        if not _is_keeper(process, folder):
            raise LaunchError(
                f"the process that kept run {run.id} is gone, and its command goes on; end that by hand", exit_code=1
            )
        (folder / "cancelled").touch()
        try:
            os.kill(process, signal.SIGTERM)
        except OSError as error:
            raise LaunchError(
                f"process {process} of run {run.id} cannot be stopped ({error.strerror})", exit_code=1
            ) from None

    def has_log(self, job: Job) -> bool:
        return True

    def exit_code(self, state: State) -> int:
        """That of spark-submit, where it failed by itself."""
        if state.phase is Phase.FAILED and isinstance(state.code, int):
            return state.code
        return job_runs.exit_code(state)

    def session_run(self, run: Run) -> str | None:
        return run.run

    def actions(self, job: Job) -> tuple[str, ...]:
        return ()

    def _make(self, folder: Path, kept: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Under its own name there is a whole run or none: who is interrupted before has not used up the token.
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=self._folder))
        try:
            for name, text in kept.items():
                child.write(part / name, text)
            # Ctrl-C and SIGTERM come after it: no run stands there without a process because of them.
            with _lock_file(part) as lock, stopping.held_back():
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._start(part, folder, lock, environment)
        finally:
            # It is gone where it became the run.
            shutil.rmtree(part, ignore_errors=True)

    def _start(self, part: Path, folder: Path, lock: int, environment: Mapping[str, str]) -> None:
        try:
            part.rename(folder)
        except OSError as error:
            # Somebody else submits the same at the same time.
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return
            raise
        try:
            self._start_child(folder, lock, environment)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _start_child(self, folder: Path, lock: int, environment: Mapping[str, str]) -> None:
        subprocess.Popen(
            [sys.executable, "-I", "-S", child.__file__, str(folder), str(lock)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            pass_fds=(lock,),
            start_new_session=True,
        )

    def _program(self) -> str:
        home = self._environment.get("SPARK_HOME")
        named = shutil.which("spark-submit", path=f"{home}/bin" if home else self._environment.get("PATH"))
        if named is None:
            where = f"{home}/bin (SPARK_HOME)" if home else "PATH"
            raise LaunchError(f"spark-submit is not in {where}; install Spark, or set SPARK_HOME", exit_code=2)
        return named

    def _folder_of(self, run: Run) -> Path:
        folder = self._folder / run.id
        # An id is one name: anything else leads out of the folder.
        if run.on is not None or "/" in run.id or run.id in ("", ".", "..") or not (folder / "command.json").is_file():
            raise LaunchError(
                f"there is no run {run.text} in {self._folder}; runs of spark-submit are kept on the machine that made them",
                2,
            )
        return folder

    def _prune(self) -> None:
        """Removes the folders of runs where nothing has changed for long, and that nobody keeps."""
        for folder in self._folder.glob("*"):
            if not _OURS.fullmatch(folder.name) or time.time() - _changed(folder) <= KEPT_SECONDS:
                continue
            # What cannot be looked at stays, and is in nobody's way.
            with suppress(OSError):
                if (folder / "exit").exists() or not _is_locked(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def runs_folder(environment: Mapping[str, str]) -> Path:
    """https://specifications.freedesktop.org/basedir-spec/latest/"""
    state = environment.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "spark-xacct" / "runs"


def _program_kept(arguments: Sequence[str]) -> dict[str, str]:
    """The digest of the program, by the name of the file that keeps it; nothing where it is no file of this machine."""
    _, named = submit_command.taken_apart(arguments)
    path = (named or "").removeprefix("file://")
    if not os.path.isfile(path):
        return {}
    try:
        return {PROGRAM_FILE: jar.sha256(Path(path))}
    except OSError as error:
        raise LaunchError(f"--entry-point {named} cannot be read ({error.strerror}); allow it", exit_code=2) from None


def _check_same(run: str, folder: Path, kept: Mapping[str, str]) -> None:
    """Raises LaunchError where that run is of something else."""
    if _text_in(folder / "command.json") != kept["command.json"]:
        what = "another command"
    elif _text_in(folder / PROGRAM_FILE) != kept.get(PROGRAM_FILE):
        what = "another content of its program"
    else:
        return
    raise LaunchError(
        f"run {run} was submitted with {what}; take another --token, or come back to that run with --resume {run}",
        exit_code=2,
    )


@contextmanager
def _lock_file(folder: Path) -> Iterator[int]:
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


def _is_locked(folder: Path) -> bool:
    with _lock_file(folder) as lock:
        try:
            # Those who only ask are not in each other's way.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _changed(folder: Path) -> float:
    """When the newest file in it was written."""
    times = [0.0]
    for path in (folder, *folder.glob("*")):
        # It may be going at this moment.
        with suppress(OSError):
            times.append(path.lstat().st_mtime)
    return max(times)


def _is_keeper(process: int, folder: Path) -> bool:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        # Without /proc the number has to do.
        return not Path("/proc/self").exists()
    return os.fsencode(folder) in words


def _text_in(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _number_in(path: Path) -> int | None:
    try:
        return int(_text_in(path) or "")
    except ValueError:
        return None


def _as_signal(code: int) -> str:
    try:
        return f"ended by {signal.Signals(code - 128).name}" if code > 128 else f"exit code {code}"
    except ValueError:
        return f"exit code {code}"


register(NAME, SparkSubmit, is_local=True)
