"""The front: a loopback relay before the server that holds the accounts, and the one door into the lab."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
from typing import BinaryIO, cast

from spark_xacct.lab.aws_request import AwsRequest
from spark_xacct.lab.call_log import CallLog
from spark_xacct.lab.control import CONTROL_PATH, Control
from spark_xacct.lab.faults import Fault, Faults
from spark_xacct.lab.platform import Platform
from spark_xacct.lab.refusals import expired, refusal, throttled
from spark_xacct.lab.sessions import Identities, Identity
from spark_xacct.lab.sts_gate import StsGate, requested
from spark_xacct.lab.wire import Backend, Message, WireError, read_request, write

LOG = logging.getLogger(__name__)
LOGGED_SERVICES = ("sts", "s3", "sqs")
_ERROR_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')
# The keys that make a caller root behind the front: an account number, or the default of many examples.
_ROOT_KEY = re.compile(r"^(?:[0-9]{12}|test)$")


class ResetConnectionError(Exception):
    """A fault wants the connection torn down."""


class Front:
    """Everything that happens to one request, apart from sockets. Shared by all connections."""

    def __init__(self, identities: Identities, gate: StsGate, faults: Faults, log: CallLog, platform: Platform) -> None:
        self._identities, self._gate, self._faults, self._log = identities, gate, faults, log
        self._platform = platform

    def exchange(self, message: Message, backend: Backend) -> Message:
        """The answer to one request; raises ResetConnectionError when the connection shall break."""
        credentials = self._platform.answer(message)
        if credentials is not None:
            return credentials
        request = AwsRequest(message)
        caller = self._identities.find(request.access_key_id)
        started, issued = time.time(), None
        try:
            received = self._refused_at_the_door(request, caller)
            if received is None:
                received = backend.exchange(message)
                if request.service == "sts":
                    received, issued = self._gate.after(request, received, caller)
                elif request.service == "sqs":
                    _lead_back_here(received, backend, message.header("Host"))
        except ResetConnectionError:
            self._record(request, caller, started, Message("HTTP/1.1 000 Reset"), None)
            raise
        self._record(request, caller, started, received, issued)
        return received

    def _refused_at_the_door(self, request: AwsRequest, caller: Identity | None) -> Message | None:
        fault = self._faults.strike(request, caller.role if caller else None)
        if fault is not None:
            struck = _struck(fault, request, caller)
            if struck is not None:
                return struck
        if request.path.startswith("/_ministack"):
            return refusal(request, 403, "AccessDenied", "Access Denied")
        if request.access_key_id is not None and _ROOT_KEY.match(request.access_key_id):
            code = "InvalidAccessKeyId" if request.service == "s3" else "InvalidClientTokenId"
            return refusal(
                request, 403, code, "The lab gives no root access here; use the identities of the declaration."
            )
        if caller is not None and self._identities.is_expired(caller):
            return expired(request)
        return self._gate.before(request) if request.service == "sts" else None

    def _record(
        self, request: AwsRequest, caller: Identity | None, started: float, received: Message, issued: str | None
    ) -> None:
        if request.service not in LOGGED_SERVICES:
            return
        found = _ERROR_CODE.search(received.body) if received.status >= 400 else None
        code = next((group.decode() for group in found.groups() if group), None) if found else None
        self._log.add(
            time=started,
            service=request.service,
            operation=request.operation,
            status=received.status,
            error=code,
            access_key_id=request.access_key_id,
            who=caller.arn if caller else None,
            role=caller.role if caller else None,
            session_name=caller.session_name if caller else None,
            bucket=request.bucket,
            key=request.key,
            queue=request.queue,
            requested=requested(request.form) if request.operation.startswith("AssumeRole") else {},
            issued_key_id=issued,
            user_agent=request.message.header("User-Agent")[:200],
        )


def _lead_back_here(received: Message, backend: Backend, host: str) -> None:
    # Queue URLs come out with the port behind the front.
    received.body = received.body.replace(f"//127.0.0.1:{backend.port}/".encode(), f"//{host}/".encode())


def _struck(fault: Fault, request: AwsRequest, caller: Identity | None) -> Message | None:
    time.sleep(fault.delay_seconds)
    if fault.kind == "reset":
        raise ResetConnectionError
    if fault.kind == "throttle":
        return throttled(request)
    if fault.kind == "error":
        return refusal(
            request, 500, "InternalError" if request.service == "s3" else "InternalFailure", "Internal error"
        )
    if fault.kind == "denied":
        if request.service == "s3":
            return refusal(request, 403, "AccessDenied", "Access Denied")
        who = caller.arn if caller else "anonymous"
        message = (
            f"User: {who} is not authorized to perform: {request.service}:{request.operation} "
            f"on resource: {request.form.get('RoleArn', '*')}"
        )
        return refusal(request, 403, "AccessDenied", message)
    return None


class FrontServer(socketserver.ThreadingTCPServer):
    """Listens on loopback; one thread and one connection to the server behind it for each client connection."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, front: Front, control: Control, backend_port: int, tls: ssl.SSLContext | None = None) -> None:
        self.front, self.control, self.backend_port, self._tls = front, control, backend_port, tls
        super().__init__(("127.0.0.1", 0), _Connection)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def serve(self) -> threading.Thread:
        """Serves in a daemon thread."""
        thread = threading.Thread(target=self.serve_forever, name="xacct-lab-front", daemon=True)
        thread.start()
        return thread

    def finish_request(self, request: object, client_address: object) -> None:
        connection = cast(socket.socket, request)
        if self._tls is not None:
            # In the connection's own thread: a client that does not shake hands keeps nobody else waiting.
            connection = self._tls.wrap_socket(connection, server_side=True)
        super().finish_request(connection, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        LOG.debug("connection from %s ended", client_address, exc_info=True)


class _Connection(socketserver.BaseRequestHandler):
    server: FrontServer

    def handle(self) -> None:
        connection = cast(socket.socket, self.request)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        backend = Backend("127.0.0.1", self.server.backend_port)
        reader = cast(BinaryIO, connection.makefile("rb", buffering=65_536))
        writer = cast(BinaryIO, connection.makefile("wb", buffering=65_536))
        try:
            while self._one(reader, writer, backend):
                continue
        except ResetConnectionError:
            # Linger of zero seconds: close sends RST instead of FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except WireError as error:
            LOG.warning("%s", error)
        finally:
            backend.close()
            for item in (writer, reader):
                with contextlib.suppress(OSError):
                    item.close()
            connection.close()

    def _one(self, reader: BinaryIO, writer: BinaryIO, backend: Backend) -> bool:
        request = read_request(reader, writer)
        if request is None:
            return False
        if request.target.startswith(CONTROL_PATH):
            received = self.server.control.answer(request)
        else:
            received = self.server.front.exchange(request, backend)
        length = received.header("Content-Length", "0") if request.method == "HEAD" else None
        write(writer, received, head_only_length=length)
        return request.keeps_connection()
