"""Waiting for a job: its state, its log, lost connections, Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from spark_xacct.launch import stopping
from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.launcher import Launcher
from spark_xacct.launch.logs import Follower, Piece
from spark_xacct.launch.run import LogSource, Phase, Run, State

FIRST_DELAY_SECONDS = 2.0
DELAY_GROWTH = 1.5
# How long nobody may answer before the launcher gives up; the job goes on.
PATIENCE_SECONDS = 900.0
# How often the log is looked at once the job has ended.
DRAIN_DELAY_SECONDS = 5.0
# So many looks without anything new, and the log is taken as whole where every stream of it has been seen.
QUIET_LOOKS = 2


class Clock(Protocol):
    def now(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None: ...


class RealClock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Told(Protocol):
    """Who hears of it. ``say``: talk for people; ``line``: a line of the job's log, of stdout or stderr."""

    def say(self, text: str) -> None: ...

    def line(self, name: str, text: str) -> None: ...


class Detached(Exception):
    """Somebody stopped waiting; the job goes on."""


@dataclass
class Waiting:
    """Waits for one run. ``ask``: whether to cancel it, after Ctrl-C; None where nobody can answer."""

    launcher: Launcher
    run: Run
    follow: Callable[[LogSource], Follower]
    clock: Clock
    told: Told
    ask: Callable[[str], bool] | None
    log_wait_seconds: float | None = None
    patience_seconds: float = PATIENCE_SECONDS

    def __post_init__(self) -> None:
        self._log = _Log(self.launcher, self.run, self.follow, self.told)
        self._state: State | None = None
        self._is_cancelling = False
        self._is_log_lost = False

    def wait(self) -> State:
        """The state it ended in. Raises Detached, and LaunchError where nobody answers any more."""
        longest = self.launcher.longest_delay_seconds
        first = min(FIRST_DELAY_SECONDS, longest)
        delay, answered = first, self.clock.now()
        is_lost = False
        while True:
            try:
                try:
                    state = self.launcher.state(self.run)
                    is_new = not state.phase.is_terminal and self._tell(state)
                except LaunchError as error:
                    silence = self.clock.now() - answered
                    if not error.is_transient or silence >= self.patience_seconds:
                        raise self._gave_up(error, silence) from error
                    if not is_lost:
                        self.told.say(
                            f"no answer for the moment: {error}; trying on for {_minutes(self.patience_seconds)}"
                        )
                    is_lost = True
                else:
                    if is_lost:
                        self.told.say("answers again")
                    answered, is_lost = self.clock.now(), False
                    self._look()
                    if is_new:
                        delay = first
                    if state.phase.is_terminal:
                        # What came before the end stands before it.
                        self._tell(state)
                        break
                self.clock.sleep(delay)
                delay = min(delay * DELAY_GROWTH, longest)
            except KeyboardInterrupt:
                self._interrupted()
                delay = first
        try:
            self._drain(state)
        except stopping.STOPPED:
            self.told.say("the rest of the log was not waited for")
        return state

    def _look(self) -> None:
        """At the log, which may be lost without the job's state being so."""
        try:
            self._log.look()
        except LaunchError as error:
            if not error.is_transient:
                raise self._gave_up(error, 0) from error
            if not self._is_log_lost:
                self.told.say(f"the log is not read for the moment: {error}; the job's state is followed all the same")
            self._is_log_lost = True
        else:
            self._is_log_lost = False

    def _tell(self, state: State) -> bool:
        """Whether it is another state than before, which is told."""
        if self._state is not None and (self._state.word, self._state.reason) == (state.word, state.reason):
            return False
        self._state = state
        self.told.say(f"{self.run.text}: {state.word}{f': {state.reason}' if state.reason else ''}")
        return True

    def _interrupted(self) -> None:
        if self._is_cancelling or self.ask is None:
            raise Detached from None
        try:
            is_wanted = self.ask(f"cancel {self.run.text}? (no: it goes on without this command)")
        except KeyboardInterrupt:
            raise Detached from None
        if not is_wanted:
            raise Detached from None
        try:
            self.launcher.cancel(self.run)
        except KeyboardInterrupt:
            raise Detached from None
        except LaunchError as error:
            self.told.say(f"{self.run.text} may not be cancelled: {error}; waiting on, Ctrl-C asks again")
            return
        self._is_cancelling = True
        self.told.say(f"{self.run.text}: asked to cancel it; Ctrl-C again: wait no longer")

    def _drain(self, state: State) -> None:
        """What the platform still writes after the job's end."""
        wait = self.launcher.log_delay_seconds if self.log_wait_seconds is None else self.log_wait_seconds
        until = self.clock.now() + wait
        quiet = 0
        self._log.has_failed = state.phase is Phase.FAILED
        while self._log.is_followed:
            try:
                quiet = 0 if self._log.look() else quiet + 1
            except LaunchError as error:
                if not error.is_transient:
                    self.told.say(f"the rest of the log was not read: {error}")
                    break
            if self.clock.now() >= until or (quiet >= QUIET_LOOKS and self._log.is_whole):
                break
            if quiet == 1:
                self.told.say(
                    f"waiting up to {_minutes(until - self.clock.now())} for the rest of the log (Ctrl-C ends that)"
                )
            self.clock.sleep(DRAIN_DELAY_SECONDS)
        self._log.finish()

    def _gave_up(self, error: LaunchError, silence: float) -> LaunchError:
        if not error.is_transient and not error.is_expired:
            return error
        what = f"{error}; {self.run.text} may still run"
        if error.is_transient:
            what = f"no answer for {_minutes(silence)}: {what}"
        return LaunchError(what, error.exit_code, is_transient=error.is_transient, is_expired=error.is_expired)


class _Log:
    """All logs of a run, each followed from when it is known."""

    def __init__(self, launcher: Launcher, run: Run, follow: Callable[[LogSource], Follower], told: Told) -> None:
        self._launcher, self._run, self._follow, self._told = launcher, run, follow, told
        self._followers: dict[LogSource, Follower] = {}
        self._seen: set[LogSource] = set()
        self._origin: str | None = None
        self._unreadable: set[str] = set()
        self._sources: Sequence[LogSource] = ()
        self.has_failed = False

    @property
    def is_followed(self) -> bool:
        return bool(self._wanted())

    @property
    def is_whole(self) -> bool:
        """Whether something has come of every log that is known."""
        return all(source in self._seen for source in self._wanted())

    def look(self) -> bool:
        """Whether there was anything new. A log that may not be read is named once and left; what may come back is raised."""
        try:
            self._sources = self._launcher.logs(self._run)
        except LaunchError as error:
            self._unless_transient("where its log is", error)
        found = False
        for source in self._wanted():
            if source not in self._followers:
                self._followers[source] = self._follow(source)
            try:
                for piece in self._followers[source].poll():
                    self._seen.add(source)
                    self._show(piece)
                    found = True
            except LaunchError as error:
                self._unless_transient(source.address, error)
        return found

    def finish(self) -> None:
        for follower in self._followers.values():
            for piece in follower.rest():
                self._show(piece)
        if not self._sources and not self._unreadable:
            self._told.say("the job has no log that could be followed; give --logs next time")
        if self._origin is None and self._sources and not self._unreadable:
            places = ", ".join(dict.fromkeys(source.address for source in self._wanted()))
            self._told.say(f"no log came by now; look later at {places}")

    def _wanted(self) -> list[LogSource]:
        """A client's log is asked for only after a failure, and while the driver has said nothing."""
        return [
            source
            for source in self._sources
            if source.address not in self._unreadable
            and (not source.only_on_failure or (self.has_failed and (source in self._seen or self._origin is None)))
        ]

    def _show(self, piece: Piece) -> None:
        if self._origin != piece.origin or piece.is_replaced:
            again = " (written anew)" if piece.is_replaced else ""
            self._told.say(f"==> {piece.origin}{again} <==")
        self._origin = piece.origin
        for line in piece.lines:
            self._told.line(piece.name, line)

    def _unless_transient(self, what: str, error: LaunchError) -> None:
        if error.is_transient or error.is_expired:
            raise error
        if what not in self._unreadable:
            self._unreadable.add(what)
            self._told.say(f"the job's log is not shown: {error}; its state is followed all the same")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{max(seconds, 0):.0f} s"
