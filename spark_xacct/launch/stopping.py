"""Whoever launches is stopped: by Ctrl-C, or by SIGTERM."""

from __future__ import annotations

import signal
from typing import Any, NoReturn

# As a shell says it of a command that a signal ended.
INTERRUPTED, TERMINATED = 130, 143


class Terminated(BaseException):
    """SIGTERM, as CI sends it. No Exception: botocore takes every one for a lost connection and asks again."""


STOPPED = (KeyboardInterrupt, Terminated)


def exit_code(stopped: BaseException) -> int:
    return TERMINATED if isinstance(stopped, Terminated) else INTERRUPTED


def on_sigterm() -> None:
    """From now on SIGTERM raises Terminated."""
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(number: int, frame: Any) -> NoReturn:
    raise Terminated
