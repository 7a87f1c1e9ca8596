"""What a temporary AWS profile runs as its credential_process: ``python ask.py SOCKET`` asks the launcher that is waiting there.

Standard library only: it is copied to where the profile is, and runs at each renewal of every AWS client of the command.
"""

from __future__ import annotations

import json
import socket
import sys
import time

TIMEOUT_SECONDS = 60
RETRY_SECONDS = 0.05


def main(address: str) -> int:
    if sys.stdout.isatty():
        return _fail("this would print secrets on a terminal; it is for AWS SDKs")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        try:
            _connect(connection, address)
            answer = json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
        except (OSError, ValueError) as error:
            return _fail(f"spark-xacct run, which gives the role session, has ended or does not answer ({error})")
    if "error" in answer:
        return _fail(answer["error"])
    sys.stdout.write(json.dumps(answer))
    return 0


def _connect(connection: socket.socket, address: str) -> None:
    """Linux says EAGAIN at once where as many wait already as may: unix(7) of its manual."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            return connection.connect(address)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
        time.sleep(RETRY_SECONDS)


def _fail(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
