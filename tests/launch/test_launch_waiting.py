"""Waiting: what people hear, in which order, and what happens when the line or the person breaks off."""

from __future__ import annotations

import io
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fakes.launching import EMPTY, LOG_KINDS, FakeClock, FakeFollower, FakeLauncher, Heard, lost, write_log

from spark_xacct.cli.launch_output import Told
from spark_xacct.launch import Clients, LaunchError, LogSource, Phase, Run, State, logs, stopping
from spark_xacct.launch.waiting import PATIENCE_SECONDS, Detached, Waiting

RUN = Run("fake", "job-1", "cluster-1", "0123456789ab")
OUT, ERR = LogSource("stdout", "s3", "s3://logs/out"), LogSource("stderr", "s3", "s3://logs/err")
CLIENT = LogSource("stderr", "s3", "s3://logs/client", only_on_failure=True)
PENDING, RUNNING = State(Phase.WAITING, "PENDING"), State(Phase.RUNNING, "RUNNING")
NO_LOG = "the job has no log that could be followed; give --logs next time"
GOOD = State(Phase.GOOD, "COMPLETED")
FAILED = State(Phase.FAILED, "FAILED", "exit code 3", "USER_ERROR")


def waiting(
    launcher: FakeLauncher,
    clock: FakeClock | None = None,
    ask: Callable[[str], bool] | None = None,
    looks: dict[LogSource, Any] | None = None,
    **more: Any,
) -> tuple[Waiting, Heard]:
    heard = Heard()
    rest = more.pop("rest", ())
    found = {source: FakeFollower(source, script, rest) for source, script in (looks or {}).items()}
    return Waiting(launcher, RUN, found.__getitem__, clock or FakeClock(), heard, ask, **more), heard


def test_each_state_is_told_once_with_its_reason() -> None:
    wait, heard = waiting(FakeLauncher([PENDING, PENDING, RUNNING, RUNNING, FAILED]))

    assert wait.wait() == FAILED
    assert heard.all == [
        "cluster-1/job-1: PENDING",
        "cluster-1/job-1: RUNNING",
        "cluster-1/job-1: FAILED: exit code 3",
        NO_LOG,
    ]


def test_questions_come_less_often_while_nothing_changes_and_often_again_when_it_does() -> None:
    clock = FakeClock()
    wait, _ = waiting(FakeLauncher([*[PENDING] * 10, *[RUNNING] * 2, GOOD]), clock)

    wait.wait()

    assert clock.slept[:5] == [2, 3, 4.5, 6.75, 10.125]
    assert max(clock.slept) == clock.slept[9] == FakeLauncher.longest_delay_seconds
    assert clock.slept[10:] == [2, 3]


def test_the_log_is_shown_while_the_job_runs_and_to_its_end() -> None:
    launcher = FakeLauncher([RUNNING, RUNNING, GOOD], [OUT, ERR], delay=60)
    looks = {OUT: [["1"], [], ["2"], ["3"]], ERR: [["warn"]]}
    wait, heard = waiting(launcher, looks=looks, rest=["end"])

    wait.wait()

    assert heard.all == [
        "cluster-1/job-1: RUNNING",
        "==> s3://logs/out <==",
        "stdout| 1",
        "==> s3://logs/err <==",
        "stderr| warn",
        "==> s3://logs/out <==",
        "stdout| 2",
        "cluster-1/job-1: COMPLETED",
        "stdout| 3",
        "waiting up to 55 s for the rest of the log (Ctrl-C ends that)",
        "stdout| end",
        "==> s3://logs/err <==",
        "stderr| end",
    ]


def test_a_log_that_comes_late_is_waited_for() -> None:
    clock = FakeClock()
    wait, heard = waiting(FakeLauncher([GOOD], [OUT], delay=120), clock, looks={OUT: [*[[]] * 12, ["late"]]})

    wait.wait()

    assert heard.lines == ["stdout| late"]


def test_a_log_that_never_comes_is_named_when_its_time_is_over() -> None:
    clock = FakeClock()
    wait, heard = waiting(FakeLauncher([GOOD], [OUT, ERR], delay=120), clock, looks={OUT: [], ERR: []})

    wait.wait()

    assert clock.time == 120
    assert heard.all[-1] == "no log came by now; look later at s3://logs/out, s3://logs/err"


def test_how_long_to_wait_for_log_may_be_said() -> None:
    clock = FakeClock()
    wait, _ = waiting(FakeLauncher([GOOD], [OUT], delay=120), clock, looks={OUT: []}, log_wait_seconds=10)

    wait.wait()

    assert clock.time == 10


CLIENTS_LOG = {
    "after a failure without a driver": (FAILED, [], ["stderr| of the client"]),
    "not where the driver spoke": (FAILED, [["driver"]], ["stdout| driver"]),
    "not of a good job": (GOOD, [], []),
}


@pytest.mark.parametrize("case", CLIENTS_LOG)
def test_the_log_of_the_client_is_shown_where_there_is_nothing_better(case: str) -> None:
    ended, driver, expected = CLIENTS_LOG[case]
    launcher = FakeLauncher([ended], [OUT, CLIENT], delay=30)
    wait, heard = waiting(launcher, looks={OUT: driver, CLIENT: [["of the client"]]})

    wait.wait()

    assert heard.lines == expected


def test_a_log_that_may_not_be_read_is_told_once_and_the_job_is_followed() -> None:
    refused = LaunchError("AWS refused s3:GetObject")
    launcher = FakeLauncher([RUNNING, RUNNING, GOOD], [OUT, ERR], delay=60)
    wait, heard = waiting(launcher, looks={OUT: [refused, refused], ERR: [["e"], ["f"]]})

    assert wait.wait() == GOOD
    assert [text for text in heard.all if "refused" in text] == [
        "the job's log is not shown: AWS refused s3:GetObject; its state is followed all the same"
    ]
    assert heard.lines == ["stderr| e", "stderr| f"]


def test_where_the_log_is_may_not_be_known_and_the_job_is_followed() -> None:
    wait, heard = waiting(FakeLauncher([RUNNING, GOOD], LaunchError("AWS refused DescribeCluster")))

    assert wait.wait() == GOOD
    assert heard.all[1] == (
        "the job's log is not shown: AWS refused DescribeCluster; its state is followed all the same"
    )


def test_a_lost_connection_is_survived_and_told_once() -> None:
    wait, heard = waiting(FakeLauncher([RUNNING, lost(), lost(), RUNNING, GOOD]))

    assert wait.wait() == GOOD
    assert heard.all == [
        "cluster-1/job-1: RUNNING",
        "no answer for the moment: gone; trying on for 15 min",
        "answers again",
        "cluster-1/job-1: COMPLETED",
        NO_LOG,
    ]


def test_a_connection_that_stays_lost_ends_the_waiting_and_not_the_job() -> None:
    clock = FakeClock()
    wait, _ = waiting(FakeLauncher([RUNNING, lost("no route")]), clock)

    with pytest.raises(LaunchError) as raised:
        wait.wait()

    assert str(raised.value) == "no answer for 15 min: no route; cluster-1/job-1 may still run"
    assert raised.value.exit_code == 4
    assert PATIENCE_SECONDS <= clock.time <= PATIENCE_SECONDS + 2 * FakeLauncher.longest_delay_seconds


def test_patience_counts_from_the_last_answer() -> None:
    clock = FakeClock()
    wait, _ = waiting(FakeLauncher([*[RUNNING] * 60, lost(), GOOD]), clock)

    assert wait.wait() == GOOD
    assert clock.time > PATIENCE_SECONDS


def test_a_log_that_is_lost_for_a_while_is_read_on() -> None:
    launcher = FakeLauncher([RUNNING, RUNNING, RUNNING, GOOD], [OUT])
    wait, heard = waiting(launcher, looks={OUT: [["1"], lost(), ["2"], ["3"]]})

    wait.wait()

    assert heard.lines == ["stdout| 1", "stdout| 2", "stdout| 3"]


def test_a_log_store_that_never_answers_does_not_hide_the_end_of_the_job() -> None:
    clock = FakeClock()
    launcher = FakeLauncher([*[RUNNING] * 60, GOOD], [OUT])
    wait, heard = waiting(launcher, clock, looks={OUT: [lost("no route")] * 100})

    assert wait.wait() == GOOD
    assert clock.time > PATIENCE_SECONDS
    assert heard.all == [
        "cluster-1/job-1: RUNNING",
        "the log is not read for the moment: no route; the job's state is followed all the same",
        "cluster-1/job-1: COMPLETED",
        "no log came by now; look later at s3://logs/out",
    ]


def test_credentials_that_expire_while_waiting_say_that_the_job_may_run() -> None:
    expired = LaunchError("the AWS credentials of x have expired (ExpiredToken); log in again", is_expired=True)
    wait, _ = waiting(FakeLauncher([RUNNING, expired]))

    with pytest.raises(LaunchError) as raised:
        wait.wait()

    assert str(raised.value) == f"{expired}; cluster-1/job-1 may still run"


def test_a_job_that_is_not_there_ends_the_waiting_at_once() -> None:
    gone = LaunchError("job run 1 is not there")
    wait, _ = waiting(FakeLauncher([gone]))

    with pytest.raises(LaunchError) as raised:
        wait.wait()

    assert raised.value is gone


# Ctrl-C


def test_ctrl_c_asks_and_yes_cancels_and_waits_for_the_end() -> None:
    asked: list[str] = []
    launcher = FakeLauncher([RUNNING])
    wait, heard = waiting(
        launcher,
        FakeClock({5: KeyboardInterrupt()}),
        lambda question: asked.append(question) or True,
    )

    assert wait.wait().phase is Phase.CANCELLED
    assert asked == ["cancel cluster-1/job-1? (no: it goes on without this command)"]
    assert launcher.cancelled == ["cluster-1/job-1"]
    assert heard.all[1:] == [
        "cluster-1/job-1: asked to cancel it; Ctrl-C again: wait no longer",
        "cluster-1/job-1: CANCELLED: asked for",
        NO_LOG,
    ]


def _interrupt(question: str) -> bool:
    raise KeyboardInterrupt


DETACHING = {"the answer is no": lambda question: False, "nobody can answer": None, "Ctrl-C is the answer": _interrupt}


@pytest.mark.parametrize("case", DETACHING)
def test_ctrl_c_detaches_and_cancels_nothing_where(case: str) -> None:
    launcher = FakeLauncher([RUNNING])
    wait, _ = waiting(launcher, FakeClock({5: KeyboardInterrupt()}), DETACHING[case])

    with pytest.raises(Detached):
        wait.wait()

    assert launcher.cancelled == []


def test_a_job_that_may_not_be_cancelled_is_waited_for_and_ctrl_c_asks_again() -> None:
    launcher = FakeLauncher([*[RUNNING] * 6, GOOD])
    asked: list[str] = []

    def refuse(run: Run) -> None:
        raise LaunchError("AWS refused CancelJobRun")

    launcher.cancel = refuse
    clock = FakeClock({5: KeyboardInterrupt(), 20: KeyboardInterrupt()})
    wait, heard = waiting(launcher, clock, lambda question: asked.append(question) or True)

    assert wait.wait() == GOOD
    assert len(asked) == 2
    assert heard.all == [
        "cluster-1/job-1: RUNNING",
        *["cluster-1/job-1 may not be cancelled: AWS refused CancelJobRun; waiting on, Ctrl-C asks again"] * 2,
        "cluster-1/job-1: COMPLETED",
        NO_LOG,
    ]


def test_ctrl_c_while_it_is_being_cancelled_detaches() -> None:
    launcher = FakeLauncher([RUNNING])

    def interrupted(run: Run) -> None:
        raise KeyboardInterrupt

    launcher.cancel = interrupted
    wait, _ = waiting(launcher, FakeClock({5: KeyboardInterrupt()}), lambda question: True)

    with pytest.raises(Detached):
        wait.wait()


def test_a_second_ctrl_c_while_it_is_cancelled_waits_no_longer() -> None:
    launcher = FakeLauncher([RUNNING])
    launcher.cancel = lambda run: None
    clock = FakeClock({5: KeyboardInterrupt(), 20: KeyboardInterrupt()})
    wait, _ = waiting(launcher, clock, lambda question: True)

    with pytest.raises(Detached):
        wait.wait()


def test_ctrl_c_while_the_last_log_is_waited_for_ends_that_and_keeps_the_state() -> None:
    clock = FakeClock({9: KeyboardInterrupt()})
    wait, heard = waiting(FakeLauncher([GOOD], [OUT], delay=600), clock, looks={OUT: []})

    assert wait.wait() == GOOD
    assert heard.all[-1] == "the rest of the log was not waited for"


def test_ctrl_c_in_the_last_look_at_the_log_asks_nothing_and_keeps_the_state() -> None:
    launcher = FakeLauncher([RUNNING, GOOD], [OUT], delay=600)
    looks = {OUT: [["1"], KeyboardInterrupt()]}
    wait, heard = waiting(launcher, ask=lambda question: True, looks=looks)

    assert wait.wait() == GOOD
    assert launcher.cancelled == []
    assert heard.all[-2:] == ["cluster-1/job-1: COMPLETED", "the rest of the log was not waited for"]


# Signals while lines are shown


@pytest.fixture
def handlers() -> Iterator[None]:
    """Whatever a test does to them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Stopping(Heard):
    """A signal comes while line "a" is shown."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def line(self, name: str, text: str) -> None:
        if text == "a":
            signal.raise_signal(self._number)
        super().line(name, text)


def following(kind: str, moto: Any, clients: Clients, folder: Path, launcher: FakeLauncher, heard: Heard) -> Waiting:
    """A log of three lines that lies there, followed as it really is."""
    source = LogSource("stdout", kind, write_log(kind, moto, folder, "a", "b", "c"))
    launcher.logs = lambda run: [source]

    def ask(question: str) -> bool:
        heard.say("asked")
        return True

    return Waiting(launcher, RUN, lambda source: logs.open_follower(clients, source), FakeClock(), heard, ask)


@pytest.mark.parametrize("kind", LOG_KINDS)
def test_ctrl_c_while_lines_are_shown_waits_for_the_line_and_costs_and_repeats_none(
    kind: str, moto: Any, clients: Clients, tmp_path: Path
) -> None:
    heard = Stopping(signal.SIGINT)
    wait = following(kind, moto, clients, tmp_path, FakeLauncher([RUNNING]), heard)

    assert wait.wait().phase is Phase.CANCELLED
    assert heard.all[2:] == [
        "stdout| a",
        "asked",
        "cluster-1/job-1: asked to cancel it; Ctrl-C again: wait no longer",
        "stdout| b",
        "stdout| c",
        "cluster-1/job-1: CANCELLED: asked for",
    ]


@pytest.mark.parametrize("kind", LOG_KINDS)
def test_sigterm_while_lines_are_shown_waits_for_the_line_and_costs_and_repeats_none(
    kind: str, moto: Any, clients: Clients, tmp_path: Path, handlers: None
) -> None:
    stopping.on_sigterm()
    heard = Stopping(signal.SIGTERM)
    wait = following(kind, moto, clients, tmp_path, FakeLauncher([RUNNING, GOOD]), heard)

    with pytest.raises(stopping.Terminated):
        wait.wait()
    before = list(heard.lines)
    wait.wait()

    assert (before, heard.lines) == (["stdout| a"], ["stdout| a", "stdout| b", "stdout| c"])


def _both() -> None:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)


def _twice() -> None:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def _and_a_failure() -> None:
    signal.raise_signal(signal.SIGINT)
    raise BrokenPipeError


# what comes while it is held back -> what is raised, and whether the rest of the block was run
HELD: dict[str, tuple[Callable[[], None], type[BaseException], bool]] = {
    "Ctrl-C": (lambda: signal.raise_signal(signal.SIGINT), KeyboardInterrupt, True),
    "SIGTERM": (lambda: signal.raise_signal(signal.SIGTERM), stopping.Terminated, True),
    "SIGTERM goes before Ctrl-C": (_both, stopping.Terminated, True),
    "a second one does not wait": (_twice, KeyboardInterrupt, False),
    "a failure does not hide it": (_and_a_failure, KeyboardInterrupt, False),
}


@pytest.mark.parametrize("case", HELD)
def test_what_stops_is_held_back_to_the_end_of_the_block(case: str, handlers: None) -> None:
    come, expected, is_whole = HELD[case]
    stopping.on_sigterm()
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    done = []

    def block() -> None:
        with stopping.held_back():
            come()
            done.append("rest")

    with pytest.raises(expected):
        block()

    assert bool(done) is is_whole
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_is_ignored_stays_ignored(handlers: None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    with stopping.held_back() as came:
        signal.raise_signal(signal.SIGINT)

    assert came == []


def test_outside_of_the_main_thread_it_is_waited_all_the_same() -> None:
    wait, heard = waiting(FakeLauncher([RUNNING, GOOD], [OUT]), looks={OUT: [["1"], ["2"]]})
    thread = threading.Thread(target=wait.wait)

    thread.start()
    thread.join(10)

    assert heard.lines == ["stdout| 1", "stdout| 2"]


# Where the log is, and whether it is whole


def where(*answers: Any) -> Callable[[Run], Any]:
    """Answers where the log is from a script, the last one for ever."""
    script = list(answers)

    def logs_of(run: Run) -> Any:
        found = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(found, Exception):
            raise found
        return found

    return logs_of


def test_where_the_log_is_may_be_known_after_the_end_only() -> None:
    launcher = FakeLauncher([RUNNING, GOOD], delay=120)
    launcher.logs = where(*[lost("no route")] * 4, [OUT])
    wait, heard = waiting(launcher, looks={OUT: [["1"]]})

    assert wait.wait() == GOOD
    assert heard.all[1:] == [
        "the log is not read for the moment: no route; the job's state is followed all the same",
        "cluster-1/job-1: COMPLETED",
        "waiting up to 2 min for the rest of the log (Ctrl-C ends that)",
        "==> s3://logs/out <==",
        "stdout| 1",
    ]


def test_where_the_log_is_that_is_never_known_is_asked_for_to_the_deadline_and_said() -> None:
    clock = FakeClock()
    wait, heard = waiting(FakeLauncher([GOOD], lost("no route"), delay=120), clock)

    assert wait.wait() == GOOD
    assert clock.time == 120
    assert heard.all[-1] == "where the job's log is was not known by now: no route; --resume looks again"


def test_where_the_log_is_need_not_be_known_twice() -> None:
    launcher = FakeLauncher([RUNNING, GOOD], delay=60)
    launcher.logs = where([OUT], lost("no route"))
    wait, heard = waiting(launcher, looks={OUT: [["1"], ["2"], ["3"]]})

    wait.wait()

    assert heard.lines == ["stdout| 1", "stdout| 2", "stdout| 3"]
    assert "no route" not in "".join(heard.all)


def test_the_drivers_log_is_waited_for_where_only_the_clients_is_known() -> None:
    launcher = FakeLauncher([GOOD], delay=300)
    launcher.logs = where(*[[CLIENT]] * 30, [CLIENT, OUT])
    wait, heard = waiting(launcher, looks={OUT: [["of the driver"]], CLIENT: [["of the client"]] * 9})

    wait.wait()

    assert heard.lines == ["stdout| of the driver"]


def test_a_drivers_log_that_is_never_known_is_said_by_where_the_clients_is() -> None:
    wait, heard = waiting(FakeLauncher([GOOD], [CLIENT], delay=60))

    wait.wait()

    assert heard.all[-1] == "no log came by now; look later at s3://logs/client"


# looks at stdout and stderr from the first one after the end on -> seconds that the rest is waited for, of 300
WHOLE: dict[str, tuple[list[Any], list[Any], float]] = {
    "both spoke": ([["1"]], [["e"]], 5),
    "stdout is there and empty": ([EMPTY], [["e"]], 5),
    "stdout comes, empty": ([[], [], [], EMPTY], [["e"]], 20),
    "both are there and empty": ([EMPTY], [EMPTY], 5),
    "stdout is not there": ([], [["e"]], 300),
}


@pytest.mark.parametrize("case", WHOLE)
def test_the_rest_of_the_log_is_waited_for_until_all_of_it_is_there_and_quiet(case: str) -> None:
    out, err, expected = WHOLE[case]
    clock = FakeClock()
    wait, _ = waiting(FakeLauncher([GOOD], [OUT, ERR], delay=300), clock, looks={OUT: out, ERR: err})

    wait.wait()

    assert clock.time == expected


def test_a_log_that_was_there_before_the_end_is_whole_only_after_something_came_since() -> None:
    """Platforms write every few minutes: a stdout that is empty until the end has its result in the last of that."""
    clock = FakeClock()
    launcher = FakeLauncher([RUNNING, GOOD], [OUT, ERR], delay=300)
    looks = {OUT: [EMPTY, *[[]] * 20, ["result"]], ERR: [["started"], *[[]] * 20, ["stopped"]]}
    wait, heard = waiting(launcher, clock, looks=looks)

    wait.wait()

    assert heard.lines == ["stderr| started", "stdout| result", "stderr| stopped"]
    assert clock.time < 120


def test_after_the_end_no_look_at_the_log_is_put_off() -> None:
    follower = FakeFollower(OUT, [["1"], ["2"]])
    Waiting(
        FakeLauncher([RUNNING, RUNNING, GOOD], [OUT]), RUN, lambda source: follower, FakeClock(), Heard(), None
    ).wait()

    assert follower.had_ended == [False, False, True, True]


def test_credentials_that_expire_after_the_end_cost_the_rest_of_the_log_and_not_the_state() -> None:
    expired = LaunchError("the AWS credentials of x have expired (ExpiredToken); log in again", is_expired=True)
    wait, heard = waiting(FakeLauncher([RUNNING, GOOD], [OUT], delay=60), looks={OUT: [["1"], expired, expired]})

    assert wait.wait() == GOOD
    assert heard.all[-2:] == ["cluster-1/job-1: COMPLETED", f"the rest of the log was not read: {expired}"]


def test_a_log_without_a_line_is_not_called_missing() -> None:
    wait, heard = waiting(FakeLauncher([GOOD], [OUT, ERR]), looks={OUT: [EMPTY], ERR: [EMPTY]})

    wait.wait()

    assert heard.all[-1] == "the job's log is empty: s3://logs/out, s3://logs/err"


def test_of_a_log_that_did_not_come_only_what_lacks_is_named() -> None:
    wait, heard = waiting(FakeLauncher([GOOD], [OUT, ERR]), looks={OUT: [EMPTY], ERR: []})

    wait.wait()

    assert heard.all[-1] == "no log came by now; look later at s3://logs/err"


def test_a_rest_of_the_log_that_is_not_read_by_the_deadline_is_said() -> None:
    launcher = FakeLauncher([RUNNING, GOOD], [OUT], delay=60)
    wait, heard = waiting(launcher, looks={OUT: [["1"], *[lost("no route")] * 99]})

    wait.wait()

    assert heard.all[-1] == "the rest of the log was not read: no route"


# Progress

TEN_MINUTES = [f"cluster-1/job-1: RUNNING for {text}" for text in ("1 min", "2 min", "5 min", "10 min")]


def test_a_state_that_lasts_is_told_again_at_growing_times() -> None:
    wait, heard = waiting(FakeLauncher([*[RUNNING] * 150, GOOD]))

    wait.wait()

    assert heard.due == [
        *TEN_MINUTES,
        *[f"cluster-1/job-1: RUNNING for {text}" for text in ("20 min", "30 min", "40 min", "50 min")],
        "cluster-1/job-1: RUNNING for 1 h 0 min",
        "cluster-1/job-1: RUNNING for 1 h 10 min",
    ]


def test_the_times_begin_anew_with_a_state_and_not_with_a_reason() -> None:
    busy = State(Phase.RUNNING, "RUNNING", "retried")
    wait, heard = waiting(FakeLauncher([*[PENDING] * 10, *[RUNNING] * 15, *[busy] * 30, GOOD]))

    wait.wait()

    pending = ["cluster-1/job-1: PENDING for 1 min", "cluster-1/job-1: PENDING for 2 min"]
    assert heard.due == [*pending, *TEN_MINUTES[:2], f"{TEN_MINUTES[2]}: retried", f"{TEN_MINUTES[3]}: retried"]


STANDING = {
    "its first seconds": (State(Phase.RUNNING, "RUNNING"), "RUNNING for 2 s"),
    "a reason": (State(Phase.WAITING, "PENDING", "no nodes"), "PENDING for 2 s: no nodes"),
    "a long reason": (State(Phase.WAITING, "PENDING", "node " * 40), f"PENDING for 2 s: {'node ' * 12}…"),
    "a reason that would move the cursor": (State(Phase.WAITING, "P", "a\n\x1b[2Jb\t c"), "P for 2 s: a [2Jb c"),
}


@pytest.mark.parametrize("case", STANDING)
def test_how_it_stands_is_told_at_each_look(case: str) -> None:
    state, expected = STANDING[case]
    wait, heard = waiting(FakeLauncher([state, state, GOOD]))

    wait.wait()

    assert heard.progressed[1] == f"cluster-1/job-1: {expected}"


def test_a_state_that_nobody_answers_for_is_not_told_as_if_it_were_known() -> None:
    wait, heard = waiting(FakeLauncher([RUNNING, *[lost()] * 12, RUNNING, GOOD]))

    wait.wait()

    assert heard.due == ["cluster-1/job-1: no answer for 1 min", "cluster-1/job-1: no answer for 2 min"]
    assert heard.progressed[-2].startswith("cluster-1/job-1: RUNNING for ")


def test_after_the_end_it_stands_there_how_long_the_log_is_waited_for() -> None:
    wait, heard = waiting(FakeLauncher([GOOD], [OUT], delay=90), looks={OUT: []})

    wait.wait()

    assert heard.progressed[0] == ("cluster-1/job-1: COMPLETED, up to 2 min for the rest of the log (Ctrl-C ends that)")
    assert heard.progressed[-2:] == [
        "cluster-1/job-1: COMPLETED, up to 5 s for the rest of the log (Ctrl-C ends that)",
        "",
    ]


LEAVING = {
    "the end": (FakeLauncher([RUNNING, GOOD]), {}),
    "a failure": (FakeLauncher([RUNNING, LaunchError("refused")]), {}),
    "leaving": (FakeLauncher([RUNNING]), {5: KeyboardInterrupt()}),
}


@pytest.mark.parametrize("case", LEAVING)
def test_no_progress_stands_there_after(case: str) -> None:
    launcher, at = LEAVING[case]
    wait, heard = waiting(launcher, FakeClock(at))

    with suppress(LaunchError, Detached):
        wait.wait()

    assert heard.progressed[-1] == ""
    assert "" not in heard.progressed[:1]


def test_no_progress_stands_there_while_somebody_is_asked() -> None:
    stood: list[str] = []
    clock = FakeClock({5: KeyboardInterrupt()})
    wait, heard = waiting(FakeLauncher([RUNNING]), clock, lambda question: stood.append(heard.progressed[-1]) or True)

    wait.wait()

    assert stood == [""]


class Screen(io.StringIO):
    """A terminal that is written to."""

    def isatty(self) -> bool:
        return True

    @property
    def rows(self) -> list[str]:
        """What stands on it."""
        rows, row, column = [""], 0, 0
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", self.getvalue()):
            if part == "\n":
                row, column = row + 1, 0
                rows += [""] * (row == len(rows))
            elif part == "\r":
                column = 0
            elif part == "\x1b[A":
                row = max(row - 1, 0)
            elif part == "\x1b[J":
                rows[row:] = [rows[row][:column]]
            else:
                assert not part.startswith("\x1b"), part
                rows[row] = rows[row][:column] + part + rows[row][column + len(part) :]
                column += len(part)
        return rows


def screen_of(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """stdout and stderr of a person. No fixture: pytest puts its own there after them."""
    found = Screen()
    monkeypatch.setattr(sys, "stdout", found)
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    return found


PROGRESSING: dict[str, tuple[list[tuple[str, ...]], list[str]]] = {
    "it is written over": ([("say", "job: RUNNING"), ("progress", "for 50 s"), ("progress", "for 1 min")],
                           ["job: RUNNING", "for 1 min", ""]),
    "the same again": ([("progress", "for 1 min"), ("progress", "for 1 min")], ["for 1 min", ""]),
    "talk and lines stand above it": ([("progress", "1"), ("say", "x"), ("line", "stderr", "e"), ("progress", "2"), ("line", "stdout", "o"),
                                       ("line", "stdout", "p"), ("progress", "3")],
                                      ["x", "e", "o", "p", "3", ""]),
    "it goes": ([("say", "x"), ("progress", "1"), ("progress", ""), ("say", "y")], ["x", "y", ""]),
    "it goes where it was not": ([("say", "x"), ("progress", ""), ("say", "y")], ["x", "y", ""]),
    "it has one row": ([("progress", "a text of more than 20"), ("say", "x")], ["x", ""]),
    "it ends before the row does": ([("progress", "a text of more than 20")], ["a text of more tha…", ""]),
    "wide characters count twice": ([("progress", "世" * 20)], ["世" * 9 + "…", ""]),
}  # fmt: skip


@pytest.mark.parametrize("case", PROGRESSING)
def test_on_a_terminal_progress_is_one_row_below_everything(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, expected = PROGRESSING[case]
    screen = screen_of(monkeypatch)
    told = Told(is_json=False)

    for name, *arguments in steps:
        getattr(told, name)(*arguments, *([False] if name == "progress" else []))

    assert screen.rows == expected


def test_stdout_gets_no_progress_and_no_movement_of_a_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, file = screen_of(monkeypatch), io.StringIO()
    monkeypatch.setattr(sys, "stdout", file)
    for told in (Told(is_json=False), Told(is_json=True)):
        told.progress("for 1 min", True)
        told.line("stdout", "o")
        told.progress("for 2 min", True)

    assert file.getvalue() == "o\n"
    assert screen.rows[-2] == "for 2 min"


@pytest.mark.parametrize("terminal", ["none", "dumb"])
def test_without_a_terminal_that_moves_only_what_is_due_is_told(terminal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = screen_of(monkeypatch)
    monkeypatch.setenv("TERM", "dumb" if terminal == "dumb" else "xterm")
    monkeypatch.setattr(Screen, "isatty", lambda self: terminal == "dumb")
    told = Told(is_json=False)
    for text, is_due in (("for 50 s", False), ("for 1 min", True), ("", False)):
        told.progress(text, is_due)

    assert screen.getvalue() == "for 1 min\n"
