"""Whoever launches is stopped: by Ctrl-C, or by SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def held_back() -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM act when this is left; which came stands in the list. A second one of a kind does not wait.

    Outside of the main thread no signal stops anybody, so there nothing is held.
    """
    came: list[int] = []
    before: dict[int, Any] = {}
    is_held = True

    def hold(number: int, frame: Any) -> None:
        if is_held and number not in came:
            came.append(number)
        else:
            before[number](number, frame)

    try:
        for one in (signal.SIGINT, signal.SIGTERM) if _is_main_thread() else ():
            handler = signal.getsignal(one)
            # What is left to the system, or ignored, raises nothing.
            if callable(handler):
                before[one] = handler
                signal.signal(one, hold)
        yield came
    finally:
        is_held = False
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            # After SIGTERM nobody is asked any more, so it goes before Ctrl-C.
            signal.raise_signal(max(came, key=lambda one: one == signal.SIGTERM))


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
