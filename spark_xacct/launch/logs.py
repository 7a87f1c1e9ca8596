"""Following logs that grow: objects of S3, streams of CloudWatch Logs, files. Nothing is given twice, and all in order.

Cursors are values; followers ask, and move them on when what they gave out was taken.
"""

from __future__ import annotations

import hashlib
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from spark_xacct.launch.aws_errors import LaunchError, code_of
from spark_xacct.launch.clients import Clients
from spark_xacct.launch.run import LogSource

_S3 = re.compile(r"^s3[an]?://(?P<bucket>[^/]+)/(?P<key>.*)\Z", re.DOTALL)
_NUMBERS = re.compile(r"(\d+)")
_NOTHING = hashlib.sha256().hexdigest()
# Objects are read whole, since they may be packed, or others than before: a large one only when it has grown so, or after so long.
LARGE_BYTES = 16 * 1024 * 1024
LARGE_GROWTH = 1.25
LARGE_SECONDS = 300.0


@dataclass(frozen=True)
class Piece:
    """New lines of one log. ``name``: stdout or stderr; ``origin``: the object or stream, for people."""

    name: str
    origin: str
    lines: tuple[str, ...]
    # The log is another one than before under the same name: it begins anew.
    is_replaced: bool = False
    # Moves the follower's cursor: called by whoever has it and answers for showing it. May be called again.
    taken: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)


class Follower(Protocol):
    """Follows one LogSource. Raises LaunchError. A piece counts as taken at its ``taken()``, or when the next is asked for."""

    # Whether the log was there when it was last looked for, be it empty.
    is_there: bool

    def poll(self, has_ended: bool = False) -> Iterator[Piece]:
        """What is new, by origin. ``has_ended``: the job has, so nothing is put off."""
        ...

    def rest(self) -> Iterator[Piece]:
        """What was held back: last lines that nobody has ended yet. Nobody is asked for more."""
        ...


@dataclass(frozen=True)
class Cursor:
    """How far a text that is written anew as a whole has been given out.

    ``offset`` bytes were, and ``digest`` is theirs; ``rest`` is what comes after, a line that may not be whole, and
    ``with_rest`` the digest of both.
    """

    tag: str = ""
    offset: int = 0
    digest: str = _NOTHING
    rest: bytes = b""
    with_rest: str = _NOTHING
    # How large what was read is where it lies, packed or not, and when it was read.
    size: int = 0
    read_at: float = 0.0


def advanced(cursor: Cursor, tag: str, content: bytes) -> tuple[Cursor, tuple[str, ...], bool]:
    """The cursor after ``content``, the new whole lines, and whether it is another text that begins anew."""
    begins_anew = _digest(content[: cursor.offset]) != cursor.digest
    start = 0 if begins_anew else cursor.offset
    end = max(content.rfind(b"\n", start) + 1, start)
    after = Cursor(tag, end, _digest(content[:end]), content[end:], _digest(content))
    return after, _lines(content[start:end]), begins_anew


def with_rest(cursor: Cursor) -> tuple[Cursor, tuple[str, ...]]:
    """The cursor after the rest was given out too, and the rest."""
    after = replace(cursor, offset=cursor.offset + len(cursor.rest), digest=cursor.with_rest, rest=b"")
    return after, _lines(cursor.rest)


def is_put_off(cursor: Cursor, size: int, now: float) -> bool:
    """Whether an object that is now of that size need not be read again yet."""
    is_little_more = cursor.size <= size < cursor.size * LARGE_GROWTH
    return size > LARGE_BYTES and is_little_more and now - cursor.read_at < LARGE_SECONDS


def unpacked(content: bytes) -> bytes:
    """What gzip members hold; of one that is not complete, as much as there is. Other content stays as it is."""
    if content[:2] != b"\x1f\x8b":
        return content
    found = []
    while content[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(wbits=31)
        try:
            found.append(member.decompress(content))
        except zlib.error:
            break
        content = member.unused_data
    return b"".join(found)


class S3Follower:
    """Objects that appear later, and grow: services write them anew as a whole, packed by gzip or not."""

    def __init__(self, clients: Clients, source: LogSource, now: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._name = source.name
        self._now = now
        self._bucket, key = bucket_and_prefix(source.address)
        self._about = f"the log in {source.address}"
        self._prefix = key.partition("*")[0]
        self._pattern = _pattern(key)
        self._cursors: dict[str, Cursor] = {}
        self.is_there = False

    def poll(self, has_ended: bool = False) -> Iterator[Piece]:
        for key, tag, size in self._changed(has_ended):
            content = read_object(self._clients, self._about, self._bucket, key)
            if content is None:
                continue
            after, lines, begins_anew = advanced(self._cursor(key), tag, unpacked(content))
            yield from self._given(key, replace(after, size=size, read_at=self._now()), lines, begins_anew)

    def rest(self) -> Iterator[Piece]:
        for key, cursor in sorted(self._cursors.items(), key=lambda item: natural(item[0])):
            yield from self._given(key, *with_rest(cursor))

    def _given(self, key: str, after: Cursor, lines: tuple[str, ...], begins_anew: bool = False) -> Iterator[Piece]:
        taken = partial(self._cursors.__setitem__, key, after)
        if lines:
            yield Piece(self._name, f"s3://{self._bucket}/{key}", lines, begins_anew, taken)
        taken()

    def _cursor(self, key: str) -> Cursor:
        return self._cursors.get(key, Cursor())

    def _changed(self, has_ended: bool) -> list[tuple[str, str, int]]:
        pages = self._clients.pages("s3", "list_objects_v2", self._about, Bucket=self._bucket, Prefix=self._prefix)
        there = [(one["Key"], one["ETag"], one["Size"]) for page in pages for one in page.get("Contents", ())]
        there = [one for one in there if self._pattern.fullmatch(one[0])]
        self.is_there = bool(there)
        changed = [
            (key, tag, size)
            for key, tag, size in there
            if self._cursor(key).tag != tag and (has_ended or not is_put_off(self._cursor(key), size, self._now()))
        ]
        return sorted(changed, key=lambda item: natural(item[0]))


@dataclass(frozen=True)
class StreamCursor:
    """How far a stream has been given out: the service's token, and what to skip where that has expired."""

    token: str | None = None
    at: int = 0
    seen_at: int = 0


class CloudWatchFollower:
    """Streams of CloudWatch Logs, found by name as they appear."""

    def __init__(self, clients: Clients, source: LogSource) -> None:
        self._clients = clients
        self._name = source.name
        self._group, _, stream = source.address.partition(":")
        self._about = f"the log group {self._group}"
        self._prefix = stream.partition("*")[0]
        self._pattern = _pattern(stream)
        self._cursors: dict[str, StreamCursor] = {}
        self.is_there = False

    def poll(self, has_ended: bool = False) -> Iterator[Piece]:
        streams = self._streams()
        self.is_there = bool(streams)
        for stream in streams:
            yield from self._pieces(stream)

    def rest(self) -> Iterator[Piece]:
        return iter(())

    def _streams(self) -> list[str]:
        request = {"logGroupName": self._group, **({"logStreamNamePrefix": self._prefix} if self._prefix else {})}
        try:
            pages = list(self._clients.pages("logs", "describe_log_streams", self._about, **request))
        except LaunchError as error:
            if code_of(error.__cause__) == "ResourceNotFoundException":
                return []
            raise
        found = [one["logStreamName"] for page in pages for one in page["logStreams"]]
        return sorted(filter(self._pattern.fullmatch, found), key=natural)

    def _pieces(self, stream: str) -> Iterator[Piece]:
        """One for each page, and only then the cursor: a page that is lost costs none of those before it."""
        while True:
            cursor = self._cursors.get(stream, StreamCursor())
            events, token = self._page(stream, cursor)
            texts = [event["message"].rstrip("\n") for event in events]
            taken = partial(self._cursors.__setitem__, stream, _after(cursor, token, events))
            if texts:
                lines = tuple(line for text in texts for line in text.splitlines() or [""])
                yield Piece(self._name, f"{self._group}:{stream}", lines, taken=taken)
            taken()
            # Pages may be empty; the service gives back the token it was given where there is nothing more.
            if token == cursor.token:
                return

    def _page(self, stream: str, cursor: StreamCursor) -> tuple[list[dict[str, Any]], str]:
        where = {"logGroupName": self._group, "logStreamName": stream, "startFromHead": True}
        try:
            again = {"nextToken": cursor.token} if cursor.token else {}
            answer = self._clients.ask("logs", "get_log_events", self._about, **where, **again)
            return list(answer["events"]), str(answer["nextForwardToken"])
        except LaunchError as error:
            # Tokens live for 24 hours: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
            if cursor.token is None or code_of(error.__cause__) != "InvalidParameterException":
                raise
        answer = self._clients.ask("logs", "get_log_events", self._about, **where, startTime=cursor.at)
        return list(answer["events"])[cursor.seen_at :], str(answer["nextForwardToken"])


class FileFollower:
    """A file of this machine that is appended to."""

    def __init__(self, clients: Clients, source: LogSource) -> None:
        self._name, self._path = source.name, Path(source.address)
        self._offset = 0
        self.is_there = False

    def poll(self, has_ended: bool = False) -> Iterator[Piece]:
        new = self._new()
        yield from self._given(new[: new.rfind(b"\n") + 1])

    def rest(self) -> Iterator[Piece]:
        yield from self._given(self._new())

    def _given(self, content: bytes) -> Iterator[Piece]:
        end = self._offset + len(content)

        def taken() -> None:
            self._offset = end

        if content:
            yield Piece(self._name, str(self._path), _lines(content), taken=taken)
        taken()

    def _new(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                self.is_there = True
                file.seek(self._offset)
                return file.read()
        except FileNotFoundError:
            return b""


_FOLLOWERS: dict[str, Callable[[Clients, LogSource], Follower]] = {
    "s3": S3Follower,
    "cloudwatch": CloudWatchFollower,
    "file": FileFollower,
}


def open_follower(clients: Clients, source: LogSource) -> Follower:
    return _FOLLOWERS[source.kind](clients, source)


def natural(text: str) -> list[Any]:
    """A key to sort by in which attempt 10 comes after attempt 9."""
    return [int(part) if part.isdigit() else part for part in _NUMBERS.split(text)]


def bucket_and_prefix(address: str) -> tuple[str, str]:
    """Bucket and key of an address. Raises LaunchError."""
    found = _S3.match(address)
    if found is None:
        raise LaunchError(f"{address} is not the address of a log; it begins s3://BUCKET/", exit_code=2)
    return found["bucket"], re.sub("/{2,}", "/", found["key"]).lstrip("/")


def read_object(clients: Clients, about: str, bucket: str, key: str) -> bytes | None:
    """An object's content, None where it is not there. Raises LaunchError."""
    try:
        answer = clients.ask("s3", "get_object", about, Bucket=bucket, Key=key)
        return bytes(answer["Body"].read())
    except LaunchError as error:
        if isinstance(error.__cause__, Exception) and code_of(error.__cause__) == "NoSuchKey":
            return None
        raise
    except Exception as error:
        # The body of an answer ends early in whatever way the connection does: botocore and urllib3 have their own errors.
        raise LaunchError(f"{about} could not be read to its end ({error})", is_transient=True) from error


def s3_address(folder: str, *parts: str) -> str:
    """An address below a folder, however the folder is written: EMR says s3n:// and ends it with a slash or not."""
    found = re.match(r"^s3[an]?://(.*)\Z", folder.rstrip("/"))
    return "/".join([f"s3://{found[1] if found else folder}", *parts])


def _after(cursor: StreamCursor, token: str, events: list[dict[str, Any]]) -> StreamCursor:
    if not events:
        return replace(cursor, token=token)
    last = events[-1]["timestamp"]
    seen = sum(1 for event in events if event["timestamp"] == last)
    return StreamCursor(token, last, seen + (cursor.seen_at if last == cursor.at else 0))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("[^/]*".join(map(re.escape, text.split("*"))))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _lines(content: bytes) -> tuple[str, ...]:
    if not content:
        return ()
    text = content.decode("utf-8", "replace").removesuffix("\n")
    return tuple(line.rstrip("\r") for line in text.split("\n"))
