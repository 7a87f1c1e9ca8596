"""The process of a lab: MiniStack and the front before it.

``python -m spark_xacct.lab.server FOLDER`` writes one JSON line with ports, pids and token to stdout when it serves, and
ends at SIGTERM, with ``--tied`` also when its stdin ends.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import secrets
import shutil
import signal
import sys
import threading
from pathlib import Path

from spark_xacct.lab import tls
from spark_xacct.lab.accounts import AccountsDirectory
from spark_xacct.lab.call_log import CallLog
from spark_xacct.lab.container import ContainerBackend
from spark_xacct.lab.control import Control
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.faults import Faults
from spark_xacct.lab.front import Front, FrontServer
from spark_xacct.lab.ministack import Ministack
from spark_xacct.lab.platform import Platform
from spark_xacct.lab.sessions import Identities
from spark_xacct.lab.sts_gate import StsGate
from spark_xacct.lab.web_identity import TokenIssuer


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m spark_xacct.lab.server")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tied", action="store_true", help="end when stdin ends")
    parser.add_argument("--tls", action="store_true", help="a second port with TLS and a certificate of its own")
    parser.add_argument("--engine", help="run MiniStack in a container of this engine: docker, podman")
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        return _serve(options.folder, tied=options.tied, with_tls=options.tls, engine=options.engine)
    except LabError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return error.exit_code


def _serve(folder: Path, *, tied: bool, with_tls: bool, engine: str | None) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ministack = ContainerBackend(folder, engine) if engine else Ministack(folder)
    try:
        # Imports boto3 while MiniStack starts.
        directory = AccountsDirectory(ministack.port)
        identities, tokens, faults, log = Identities(), TokenIssuer(), Faults(), CallLog()
        gate = StsGate(identities, tokens, directory)
        token = secrets.token_urlsafe(24)
        platform = Platform(identities, directory, gate.life_seconds)
        control = Control(token, identities, tokens, gate, faults, log, platform)
        front = Front(identities, gate, faults, log, platform)
        certificate = tls.make_certificate(folder) if with_tls else None
        servers = [FrontServer(front, control, ministack.port)]
        if certificate is not None:
            servers.append(FrontServer(front, control, ministack.port, tls.server_context(certificate)))
        for server in servers:
            server.serve()
        ministack.wait_until_ready()
        started = {
            "pid": os.getpid(),
            "ministack_pid": ministack.process.pid,
            "port": servers[0].port,
            "tls_port": servers[1].port if with_tls else None,
            "certificate": str(certificate) if certificate else None,
            "backend_port": ministack.port,
            "token": token,
        }
        print(json.dumps(started), flush=True)
        threading.Thread(target=_watch, args=(ministack, stop), daemon=True).start()
        if tied:
            threading.Thread(target=_wait_for_end_of_stdin, args=(stop,), daemon=True).start()
        stop.wait()
    finally:
        ministack.stop()
    # Its starter does so too, unless it died.
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _watch(ministack: Ministack, stop: threading.Event) -> None:
    ministack.process.wait()
    stop.set()


def _wait_for_end_of_stdin(stop: threading.Event) -> None:
    # Not through sys.stdin: a thread that holds its lock aborts the interpreter's end.
    while os.read(0, 4096):
        continue
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
