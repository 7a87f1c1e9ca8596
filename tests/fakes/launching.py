"""Fakes for tests of the launcher: a clock that jumps, who hears, launchers that play a script, AWS as a script of answers."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from fakes.http import LoopbackServer, Request
from spark_xacct.launch import LaunchError, LogSource, Phase, Run, State
from spark_xacct.launch.logs import Piece

LOST = "lost"
EMPTY = ""


class FakeClock:
    """Time passes by sleeping only; ``at`` may hold what happens at a time."""

    def __init__(self, at: dict[int, BaseException] | None = None) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self._at = dict(at or {})

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        for when in sorted(self._at):
            if when <= self.time:
                raise self._at.pop(when)


class Heard:
    """Remembers everything in order: talk as it is, lines with their stream. Progress beside that: all of it, and what was due."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self.progressed: list[str] = []
        self.due: list[str] = []

    def say(self, text: str) -> None:
        self.all.append(text)

    def line(self, name: str, text: str) -> None:
        self.all.append(f"{name}| {text}")

    def progress(self, text: str, is_due: bool) -> None:
        self.progressed.append(text)
        if is_due:
            self.due.append(text)

    @property
    def lines(self) -> list[str]:
        return [text for text in self.all if re.match(r"std(out|err)\| ", text)]


class FakeLauncher:
    """Plays ``states``, one a question, the last one for ever; a LaunchError among them is raised."""

    target = "fake"
    is_local = False
    names_run = True
    takes_log_group = False
    longest_delay_seconds = 30.0

    def __init__(
        self, states: Iterable[State | Exception], sources: Sequence[LogSource] | Exception = (), delay: float = 0.0
    ) -> None:
        self._states = list(states)
        self._sources = sources
        self.log_delay_seconds = delay
        self.cancelled: list[str] = []

    def state(self, run: Run) -> State:
        found = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        if isinstance(found, BaseException):
            raise found
        return found

    def logs(self, run: Run) -> Sequence[LogSource]:
        if isinstance(self._sources, Exception):
            raise self._sources
        return self._sources

    def cancel(self, run: Run) -> None:
        self.cancelled.append(run.text)
        self._states = [State(Phase.CANCELLED, "CANCELLED", "asked for")]

    def exit_code(self, state: State) -> int:
        return 0 if state.phase is Phase.GOOD else 1

    def session_run(self, run: Run) -> str | None:
        return run.run


class FakeFollower:
    """Gives out ``looks``, one a poll: lines, a LaunchError to raise, or EMPTY where the log is there without lines."""

    def __init__(self, source: LogSource, looks: Iterable[Sequence[str] | Exception], rest: Sequence[str] = ()) -> None:
        self._source, self._looks, self._rest = source, list(looks), tuple(rest)
        self.is_there = False
        self.had_ended: list[bool] = []

    def poll(self, has_ended: bool = False) -> Iterable[Piece]:
        self.had_ended.append(has_ended)
        look = self._looks.pop(0) if self._looks else ()
        if isinstance(look, BaseException):
            raise look
        self.is_there = self.is_there or look is EMPTY or bool(look)
        if look:
            yield Piece(self._source.name, self._source.address, tuple(look))

    def rest(self) -> Iterable[Piece]:
        if self._rest:
            yield Piece(self._source.name, self._source.address, self._rest)


def _write_to_s3(moto: Any, folder: Path, lines: Sequence[str]) -> str:
    s3 = moto("s3")
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key="out", Body="".join(f"{line}\n" for line in lines).encode())
    return "s3://logs/out"


def _write_to_cloudwatch(moto: Any, folder: Path, lines: Sequence[str]) -> str:
    client = moto("logs")
    client.create_log_group(logGroupName="logs")
    client.create_log_stream(logGroupName="logs", logStreamName="out")
    # The service takes no events of the future, nor of long ago.
    events = [{"timestamp": int(time.time() * 1000) - 600_000, "message": line} for line in lines]
    if events:
        client.put_log_events(logGroupName="logs", logStreamName="out", logEvents=events)
    return "logs:out"


def _write_to_a_file(moto: Any, folder: Path, lines: Sequence[str]) -> str:
    (folder / "out").write_text("".join(f"{line}\n" for line in lines))
    return str(folder / "out")


LOG_KINDS = {"s3": _write_to_s3, "cloudwatch": _write_to_cloudwatch, "file": _write_to_a_file}


def write_log(kind: str, moto: Any, folder: Path, *lines: str) -> str:
    """Makes a log that lies there, and gives the address of its LogSource."""
    return LOG_KINDS[kind](moto, folder, lines)


Answer = Any


class StubAws(LoopbackServer):
    """Answers by operation from a script: ``answers["DescribeJobRun"] = [...]``, the last one for ever.

    An answer is a dict (status 200), ``(status, code, message)``, LOST for a connection that ends without an answer, a function
    of the request, or bytes.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, Any]] = []
        super().__init__()
        self._server.handle_error = lambda *_: None

    def bodies(self, operation: str) -> list[Any]:
        return [body for name, body in self.asked if name == operation]

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        operation, body = _operation(request)
        with self.lock:
            self.asked.append((operation, body))
            script = self.answers.get(operation, [(400, "UnknownOperation", operation)])
            told = script.pop(0) if len(script) > 1 else script[0]
        if callable(told):
            told = told(body)
        if told == LOST:
            raise ConnectionResetError
        if isinstance(told, bytes):
            return 200, {"Content-Type": "binary/octet-stream", "ETag": f'"{hash(told)}"'}, told
        if isinstance(told, tuple):
            return _error(operation, *told)
        return _good(operation, told)


_REST = (
    ("POST", r"/virtualclusters/[^/]+/jobruns", "emr-containers:StartJobRun"),
    ("GET", r"/virtualclusters/[^/]+/jobruns/[^/]+", "emr-containers:DescribeJobRun"),
    ("DELETE", r"/virtualclusters/[^/]+/jobruns/[^/]+", "emr-containers:CancelJobRun"),
    ("POST", r"/applications/[^/]+/jobruns", "emr-serverless:StartJobRun"),
    ("GET", r"/applications/[^/]+/jobruns/[^/]+", "emr-serverless:GetJobRun"),
    ("DELETE", r"/applications/[^/]+/jobruns/[^/]+", "emr-serverless:CancelJobRun"),
)


def _operation(request: Request) -> tuple[str, Any]:
    target = request.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2], json.loads(request.body or b"{}")
    path = request.path.partition("?")[0]
    for method, pattern, name in _REST:
        if request.method == method and re.fullmatch(pattern, path):
            return name, json.loads(request.body) if request.body else path
    if request.method == "POST" and b"Action=" in request.body:
        return re.search(rb"Action=(\w+)", request.body)[1].decode(), request.body.decode()
    if "list-type=2" in request.path:
        return "ListObjectsV2", request.path
    return f"{request.method} {path}", request.headers


def _good(operation: str, told: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    if operation == "GetCallerIdentity":
        members = "".join(f"<{name}>{value}</{name}>" for name, value in told.items())
        text = f"<GetCallerIdentityResponse><GetCallerIdentityResult>{members}</GetCallerIdentityResult></GetCallerIdentityResponse>"
        return 200, {"Content-Type": "text/xml"}, text.encode()
    return 200, {"Content-Type": "application/json"}, json.dumps(told, default=str).encode()


def _error(operation: str, status: int, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    if operation.startswith(("GET ", "PUT ", "HEAD ", "DELETE ", "ListObjects")):
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return status, {"Content-Type": "application/xml"}, text.encode()
    if operation == "GetCallerIdentity":
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return status, {"Content-Type": "text/xml"}, text.encode()
    body = json.dumps({"__type": code, "message": message, "Message": message})
    return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, body.encode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lost(text: str = "gone") -> LaunchError:
    return LaunchError(text, is_transient=True)


Follow = Callable[[LogSource], FakeFollower]
