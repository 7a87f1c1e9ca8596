"""Gives role sessions to the AWS clients of one command: a socket that its credential_process asks.

The session is obtained here, in the launcher's environment, so the command needs no base identity, and a session serves all its
processes. Nothing secret is in a file, an argument or an environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from spark_xacct.errors import XacctError

RETRY_SECONDS = 0.1
_PEER = struct.Struct("3i")


class RoleEndpoint:
    """Answers on a Unix socket until it is closed; only processes of this user get in."""

    def __init__(self, path: Path, session: Callable[[], Mapping[str, object]]) -> None:
        """``session``: what a credential_process prints. May raise XacctError, which the asker hears."""
        self._session = session
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        path.chmod(0o600)
        self._is_closed = threading.Event()
        self._server.listen(socket.SOMAXCONN)
        threading.Thread(target=self._serve, name="role endpoint", daemon=True).start()

    def close(self) -> None:
        self._is_closed.set()
        # Closing alone does not wake a thread that waits in accept.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        while not self._is_closed.is_set():
            try:
                connection, _ = self._server.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()
            except (OSError, RuntimeError):
                # No file descriptor or no thread is left for the moment; the next one who asks is answered.
                self._is_closed.wait(RETRY_SECONDS)

    def _answer(self, connection: socket.socket) -> None:
        # Whoever asked may be gone.
        with connection, contextlib.suppress(OSError):
            if _user_of(connection) == os.getuid():
                connection.sendall(json.dumps(self._said()).encode())

    def _said(self) -> Mapping[str, object]:
        try:
            return self._session()
        except XacctError as error:
            return {"error": str(error)}
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits for an answer
            # Its text is not of this project, and might tell what nobody should read.
            return {
                "error": f"spark-xacct run could not get the role session ({type(error).__name__}); run it again, or try spark-xacct check"
            }


def _user_of(connection: socket.socket) -> int:
    peer = getattr(socket, "SO_PEERCRED", None)
    if peer is None:
        # Not Linux: the folder's mode stands alone.
        return os.getuid()
    return int(_PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, peer, _PEER.size))[1])
