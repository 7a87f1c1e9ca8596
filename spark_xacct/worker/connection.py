"""The way back to the JVM of a worker that Spark started without a daemon, for a failure before pyspark runs.

The JVM waits on a socket and reads no stderr. What is spoken there has not changed since Spark 2: a secret and its answer
on TCP, the process id, then the negative number of an exception and its text.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping

PORT = "PYTHON_WORKER_FACTORY_PORT"
PATH = "PYTHON_WORKER_FACTORY_SOCK_PATH"
SECRET = "PYTHON_WORKER_FACTORY_SECRET"
# SpecialLengths.PYTHON_EXCEPTION_THROWN
EXCEPTION = -2
TIMEOUT_SECONDS = 15


def is_one_worker(environment: Mapping[str, str]) -> bool:
    """Whether Spark started this process as one worker and no daemon: a daemon opens its own port."""
    return PORT in environment or PATH in environment


def report(text: str, environment: Mapping[str, str]) -> None:
    """Fails the task that this worker was started for with ``text``. Does nothing where the JVM does not answer."""
    try:
        with _connected(environment) as link:
            link.sendall(struct.pack("!ii", os.getpid(), EXCEPTION) + _with_length(text))
            link.shutdown(socket.SHUT_WR)
            # Closing before the JVM has sent all of its task would reset the connection, and the text would be lost.
            while link.recv(65_536):
                pass
    except OSError:
        pass


def _connected(environment: Mapping[str, str]) -> socket.socket:
    if PATH in environment:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(TIMEOUT_SECONDS)
        link.connect(environment[PATH])
        return link
    host = "::1" if environment.get("SPARK_PREFER_IPV6", "").lower() == "true" else "127.0.0.1"
    link = socket.create_connection((host, int(environment[PORT])), TIMEOUT_SECONDS)
    link.sendall(_with_length(environment.get(SECRET, "")))
    (length,) = struct.unpack("!i", link.recv(4, socket.MSG_WAITALL))
    link.recv(length, socket.MSG_WAITALL)
    return link


def _with_length(text: str) -> bytes:
    content = text.encode("utf-8")
    return struct.pack("!i", len(content)) + content
