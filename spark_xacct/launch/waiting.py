"""Waiting for a job: its state, its log, lost connections, Ctrl-C."""

from __future__ import annotations

import time
from collections import deque
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
# So many looks without anything new, and the log is taken as whole: where all of it is there, and some came after the end.
QUIET_LOOKS = 2
# After so long in one state that is told again; from the last on, at each multiple of it.
PROGRESS_SECONDS = (60.0, 120.0, 300.0, 600.0)
_REASON_CHARACTERS = 60


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
    """Who hears of it. ``say``: talk for people; ``line``: a line of the job's log, of stdout or stderr.

    ``progress``: how it stands, often. It is for a line that is written over, "" for none; who has no such line takes those that
    are due.
    """

    def say(self, text: str) -> None: ...

    def line(self, name: str, text: str) -> None: ...

    def progress(self, text: str, is_due: bool) -> None: ...


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
        self._since, self._due = self.clock.now(), PROGRESS_SECONDS[0]
        self._is_cancelling = False
        self._is_log_lost = False

    def wait(self) -> State:
        """The state it ended in. Raises Detached, and LaunchError where nobody answers any more."""
        try:
            state = self._until_ended()
            try:
                self._end(state)
            except stopping.STOPPED:
                self._tell(state)
                self.told.say("the rest of the log was not waited for")
        finally:
            self.told.progress("", False)
        return state

    def _until_ended(self) -> State:
        longest = self.launcher.longest_delay_seconds
        first = min(FIRST_DELAY_SECONDS, longest)
        delay, answered = first, self.clock.now()
        is_lost = False
        while True:
            state = None
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
                    if state.phase.is_terminal:
                        return state
                    self._look()
                    if is_new:
                        delay = first
                self._progress(state, answered)
                self.clock.sleep(delay)
                delay = min(delay * DELAY_GROWTH, longest)
            except KeyboardInterrupt:
                self._interrupted()
                delay = first

    def _end(self, state: State) -> None:
        self._log.has_ended = True
        # What came before the end stands before it.
        try:
            has_come = self._look()
        except LaunchError:
            has_come = False
        self._tell(state)
        self._drain(state, has_come)

    def _look(self) -> bool:
        """At the log, which may be lost without the job's state being so. Whether there was anything new."""
        try:
            is_new = self._log.look()
        except LaunchError as error:
            if not error.is_transient:
                raise self._gave_up(error, 0) from error
            if not self._is_log_lost:
                self.told.say(f"the log is not read for the moment: {error}; the job's state is followed all the same")
            self._is_log_lost = True
            return False
        self._is_log_lost = False
        return is_new

    def _tell(self, state: State) -> bool:
        """Whether it is another state than before, which is told."""
        if self._state is not None and (self._state.word, self._state.reason) == (state.word, state.reason):
            return False
        if self._state is None or self._state.word != state.word:
            self._since, self._due = self.clock.now(), PROGRESS_SECONDS[0]
        self._state = state
        self.told.say(f"{self.run.text}: {state.word}{f': {state.reason}' if state.reason else ''}")
        return True

    def _progress(self, state: State | None, answered: float) -> None:
        """What stands between changes, which may be hours. ``state`` None: nobody answers since then."""
        now = self.clock.now()
        if state is None:
            what = f"no answer for {_elapsed(now - answered)}"
        else:
            what = f"{state.word} for {_elapsed(now - self._since)}{_shortened(state.reason)}"
        is_due = now - self._since >= self._due
        if is_due:
            last = PROGRESS_SECONDS[-1]
            later = (seconds for seconds in PROGRESS_SECONDS if seconds > now - self._since)
            self._due = next(later, ((now - self._since) // last + 1) * last)
        self.told.progress(f"{self.run.text}: {what}", is_due)

    def _interrupted(self) -> None:
        self.told.progress("", False)
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

    def _drain(self, state: State, has_come: bool) -> None:
        """What the platform still writes after the job's end. ``has_come``: whether some of it has.

        What was there before says nothing: some platforms write every few minutes, and the end of the log in the last of that.
        """
        wait = self.launcher.log_delay_seconds if self.log_wait_seconds is None else self.log_wait_seconds
        until = self.clock.now() + wait
        quiet, is_told = 0, False
        failure: LaunchError | None = None
        self._log.has_failed = state.phase is Phase.FAILED
        while self._log.is_followed:
            try:
                is_new, failure = self._log.look(), None
                has_come = has_come or is_new
                quiet = 0 if is_new else quiet + 1
            except LaunchError as error:
                failure = error
                if not error.is_transient:
                    break
            is_whole = has_come and self._log.is_whole and quiet >= QUIET_LOOKS
            if self.clock.now() >= until or (is_whole and failure is None):
                break
            left = f"up to {_minutes(until - self.clock.now())} for the rest of the log (Ctrl-C ends that)"
            if not is_told and (quiet or failure is not None):
                self.told.say(f"waiting {left}")
                is_told = True
            self.told.progress(f"{self.run.text}: {state.word}, {left}", False)
            self.clock.sleep(DRAIN_DELAY_SECONDS)
        self._log.finish(failure)

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
        self._spoke: set[LogSource] = set()
        self._origin: str | None = None
        self._unreadable: set[str] = set()
        # None: nobody has said yet where the log is.
        self._sources: Sequence[LogSource] | None = None
        # Lines that were taken and are not shown yet, and of what.
        self._name, self._lines = "", deque[str]()
        self.has_ended = False
        self.has_failed = False

    @property
    def is_followed(self) -> bool:
        """Whether there is or may be something to follow: where only the client's log is known, the driver's is yet to be."""
        return self._sources is None or any(one.address not in self._unreadable for one in self._sources)

    @property
    def is_whole(self) -> bool:
        """Whether every log that is known is there."""
        return all(self._is_there(source) for source in self._wanted())

    def look(self) -> bool:
        """Whether there was anything new. A log that may not be read is named once and left; what may come back is raised."""
        is_new = bool(self._lines)
        self._show()
        self._ask_where()
        for source in self._wanted():
            was_there = self._is_there(source)
            if source not in self._followers:
                self._followers[source] = self._follow(source)
            try:
                for piece in self._followers[source].poll(self.has_ended):
                    self._take(source, piece)
                    is_new = True
            except LaunchError as error:
                self._unless_transient(source.address, error)
            is_new = is_new or self._is_there(source) != was_there
        return is_new

    def finish(self, failure: LaunchError | None) -> None:
        """Shows what was held back, and says what lacks. ``failure``: why the last look was in vain."""
        self._show()
        for source, follower in self._followers.items():
            for piece in follower.rest():
                self._take(source, piece)
        if self._sources is None:
            self._told.say(f"where the job's log is was not known by now: {failure}; --resume looks again")
            return
        if failure is not None and (self._origin is not None or not failure.is_transient):
            self._told.say(f"the rest of the log was not read: {failure}")
        if self._origin is None and not self._unreadable:
            self._told.say(self._why_none(self._wanted() or self._sources))

    def _why_none(self, sources: Sequence[LogSource]) -> str:
        if not sources:
            return "the job has no log that could be followed; give --logs next time"
        lacking = [source for source in sources if not self._is_there(source)]
        places = ", ".join(dict.fromkeys(source.address for source in lacking or sources))
        return f"no log came by now; look later at {places}" if lacking else f"the job's log is empty: {places}"

    def _ask_where(self) -> None:
        try:
            self._sources = self._launcher.logs(self._run)
        except LaunchError as error:
            # What is known already is followed on; whoever does not answer is told of where the state is asked for.
            if self._sources is None or not error.is_transient:
                self._unless_transient("where its log is", error)
                self._sources = self._sources or ()

    def _wanted(self) -> list[LogSource]:
        """A client's log is asked for only after a failure, and while the driver has said nothing."""
        return [
            source
            for source in self._sources or ()
            if source.address not in self._unreadable
            and (not source.only_on_failure or (self.has_failed and (source in self._spoke or self._origin is None)))
        ]

    def _is_there(self, source: LogSource) -> bool:
        return source in self._followers and self._followers[source].is_there

    def _take(self, source: LogSource, piece: Piece) -> None:
        """All or nothing of a piece is taken. What of it is not shown when somebody interrupts is shown first next time."""
        with stopping.held_back():
            piece.taken()
            self._spoke.add(source)
            self._name, self._lines = piece.name, deque(piece.lines)
            if self._origin != piece.origin or piece.is_replaced:
                again = " (written anew)" if piece.is_replaced else ""
                self._told.say(f"==> {piece.origin}{again} <==")
            self._origin = piece.origin
        self._show()

    def _show(self) -> None:
        with stopping.held_back() as came:
            while self._lines and not came:
                self._told.line(self._name, self._lines[0])
                self._lines.popleft()

    def _unless_transient(self, what: str, error: LaunchError) -> None:
        if error.is_transient or error.is_expired:
            raise error
        if what not in self._unreadable:
            self._unreadable.add(what)
            self._told.say(f"the job's log is not shown: {error}; its state is followed all the same")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{max(seconds, 0):.0f} s"


def _elapsed(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes == 0:
        return f"{int(seconds)} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _shortened(reason: str) -> str:
    """As it may stand in a line that is written over."""
    text = "".join(character for character in " ".join(reason.split()) if character.isprintable())
    more = "…" if len(text) > _REASON_CHARACTERS else ""
    return f": {text[:_REASON_CHARACTERS]}{more}" if text else ""
