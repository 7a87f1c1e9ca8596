"""HTTP/1.1 as far as a relay needs it: heads kept as they came, bodies read whole.

Signatures cover headers byte by byte, so nothing is parsed and written anew; only hop-by-hop headers are dropped.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, cast

LINE_MAXIMUM_BYTES = 65_536
# https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1, and the framing headers, which are written anew.
NOT_PASSED_ON = frozenset(
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "expect", "te", "trailer"]
)
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Server Error"}


class WireError(Exception):
    """What arrived is not HTTP/1.1, or it ended too early."""


@dataclass
class Message:
    """A request or an answer: its first line, headers in their order and spelling, and the whole body."""

    first_line: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str, default: str = "") -> str:
        lower = name.lower()
        return next((value for key, value in self.headers if key.lower() == lower), default)

    @property
    def method(self) -> str:
        return self.first_line.split(" ", 1)[0]

    @property
    def target(self) -> str:
        return self.first_line.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.first_line.split(" ", 2)[1])

    def keeps_connection(self) -> bool:
        return "close" not in self.header("Connection").lower() and not self.first_line.endswith("HTTP/1.0")


def answer(
    status: int, body: bytes, content_type: str = "text/xml", headers: Iterable[tuple[str, str]] = ()
) -> Message:
    """An answer of our own."""
    first_line = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"
    return Message(first_line, [("Content-Type", content_type), *headers], body)


def read_request(stream: BinaryIO, writer: BinaryIO) -> Message | None:
    """The next request of a connection, None at its end. Answers ``Expect: 100-continue`` itself."""
    message = _read_head(stream)
    if message is None:
        return None
    if message.header("Expect").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.flush()
    message.body = _read_body(stream, message, until_close=False)
    return message


def read_answer(stream: BinaryIO, request_method: str) -> Message:
    """The answer to a request of that method; interim answers are skipped."""
    while True:
        message = _read_head(stream)
        if message is None:
            raise WireError("the connection ended before an answer")
        if message.status >= 200:
            break
    if request_method != "HEAD" and message.status not in (204, 304):
        message.body = _read_body(stream, message, until_close=True)
    return message


def write(writer: BinaryIO, message: Message, *, head_only_length: str | None = None) -> None:
    """Writes a message with its body. ``head_only_length`` is the Content-Length of an answer to HEAD."""
    lines = [message.first_line]
    lines += [f"{name}: {value}" for name, value in message.headers if name.lower() not in NOT_PASSED_ON]
    if head_only_length is not None:
        lines.append(f"Content-Length: {head_only_length}")
        message.body = b""
    elif message.body or not message.first_line.startswith(
        ("GET ", "HEAD ", "DELETE ", "HTTP/1.1 204", "HTTP/1.1 304")
    ):
        lines.append(f"Content-Length: {len(message.body)}")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    writer.write(head + message.body if len(message.body) < LINE_MAXIMUM_BYTES else head)
    if len(message.body) >= LINE_MAXIMUM_BYTES:
        writer.write(message.body)
    writer.flush()


class Backend:
    """One kept-alive connection to the server behind the front. Used by one thread."""

    def __init__(self, host: str, port: int, timeout_seconds: float = 300.0) -> None:
        self.port = port
        self._address, self._timeout = (host, port), timeout_seconds
        self._socket: socket.socket | None = None
        self._stream: BinaryIO | None = None

    def exchange(self, request: Message) -> Message:
        """Passes a request on and reads its answer."""
        if self._socket is not None and _has_ended(self._socket):
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._stream = cast(BinaryIO, self._socket.makefile("rwb", buffering=LINE_MAXIMUM_BYTES))
        assert self._stream is not None
        try:
            write(self._stream, request)
            received = read_answer(self._stream, request.method)
        except BaseException:
            self.close()
            raise
        if not received.keeps_connection():
            self.close()
        return received

    def close(self) -> None:
        for item in (self._stream, self._socket):
            if item is not None:
                try:
                    item.close()
                except OSError:
                    continue
        self._socket = self._stream = None


def _has_ended(connection: socket.socket) -> bool:
    # Nothing is expected between two exchanges: readable means that the other side closed.
    return bool(select.select([connection], [], [], 0)[0])


def _read_head(stream: BinaryIO) -> Message | None:
    first = _read_line(stream)
    while first == "":
        first = _read_line(stream)
    if first is None:
        return None
    if len(first.split(" ")) < 2 or "HTTP/1." not in first:
        raise WireError(f"not the first line of a message: {first[:80]!r}")
    message = Message(first)
    while True:
        line = _read_line(stream)
        if line is None:
            raise WireError("the connection ended inside a head")
        if not line:
            return message
        name, _, value = line.partition(":")
        message.headers.append((name.strip(), value.strip()))


def _read_line(stream: BinaryIO) -> str | None:
    line = stream.readline(LINE_MAXIMUM_BYTES)
    if not line:
        return None
    if not line.endswith(b"\n"):
        raise WireError("a line is cut or too long")
    return line.rstrip(b"\r\n").decode("latin-1")


def _read_body(stream: BinaryIO, message: Message, *, until_close: bool) -> bytes:
    if "chunked" in message.header("Transfer-Encoding").lower():
        return b"".join(_chunks(stream))
    length = message.header("Content-Length")
    if length:
        return _read_exactly(stream, int(length))
    return stream.read() if until_close else b""


def _chunks(stream: BinaryIO) -> Iterable[bytes]:
    while True:
        line = _read_line(stream)
        if line is None:
            raise WireError("the connection ended inside a body")
        size = int(line.split(";", 1)[0], 16)
        if size == 0:
            while _read_line(stream):
                continue
            return
        yield _read_exactly(stream, size)
        _read_line(stream)


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise WireError("the connection ended inside a body")
    return data
