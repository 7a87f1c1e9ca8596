"""Runs one command and keeps how it ended, whoever started it may be gone by then: ``python child.py FOLDER LOCK``.

The folder holds command.json and gets pid, stdout, stderr and exit. LOCK is a file descriptor whose lock says that the command
runs; the command inherits it. Standard library only: this file is run by its path.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

# A driver that is asked to stop closes its context; one that does not is ended.
GRACE_SECONDS = 30


def main(folder: Path, lock: int) -> int:
    process: subprocess.Popen[bytes] | None = None
    is_stopped = False

    def stop(number: int, frame: Any) -> None:
        nonlocal is_stopped
        is_stopped = True
        if process is not None:
            process.terminate()
            signal.alarm(GRACE_SECONDS)

    def kill(number: int, frame: Any) -> None:
        if process is not None:
            process.kill()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, kill)
    # From here on it can be cancelled.
    write(folder / "pid", str(os.getpid()))
    with (folder / "stdout").open("ab") as out, (folder / "stderr").open("ab") as err:
        try:
            command = json.loads((folder / "command.json").read_text(encoding="utf-8"))
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, pass_fds=(lock,))
        except OSError as error:
            err.write(f"{error}\n".encode())
            return 126 if isinstance(error, PermissionError) else 127
        if is_stopped:
            stop(signal.SIGTERM, None)
        code = process.wait()
    return code if code >= 0 else 128 - code


def write(path: Path, text: str) -> None:
    """All of it or nothing."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    here = Path(sys.argv[1])
    # The terminal's Ctrl-C is for whoever waits.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    write(here / "exit", str(main(here, int(sys.argv[2]))))
