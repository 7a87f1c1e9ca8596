"""STS calls of one refresh in a whole application: Hadoop's own provider, and spark-xacct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import machine, sts_calls
from benchmarks.report import counts, share, table
from benchmarks.running import Bench, assumed
from benchmarks.sts_calls import CLUSTER, HADOOP, JVMS, OURS, TWO_HOPS
from spark_xacct.lab.call_log import Call

COLUMNS = (
    "who", "Spark, Hadoop", "JVMs", "a session lives", "AssumeRole calls at start", "for one refresh",
    "beside Hadoop's provider", "load",
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    """Seconds after the first AssumeRole: all sessions are there at ``start_ends`` and renewed once at ``ends``."""

    life: int
    start_ends: int
    ends: int


# SDK v1 renews from five minutes before the end on, so here from the 45th second; spark-xacct from 45 % of a life to half of it.
WINDOWS = {
    HADOOP: Window(life=345, start_ends=43, ends=86),
    OURS: Window(life=90, start_ends=38, ends=78),
    TWO_HOPS: Window(life=90, start_ends=38, ends=78),
}


@dataclass(frozen=True)
class Refresh:
    """The AssumeRole calls of one application by role: until every session was there, and while each was renewed once."""

    who: str
    spark: str
    hadoop: str
    start: Mapping[str, int]
    refresh: Mapping[str, int]
    load: float


def measure(bench: Bench) -> Iterator[Refresh]:
    """Hadoop's provider on its SDK v1 alone: v2 spreads the renewals of one session's providers over four minutes."""
    for line in sts_calls.lines():
        for who in (HADOOP, OURS, TWO_HOPS) if line == "3.5" else (TWO_HOPS,):
            yield _refresh(bench, who, line)


def _refresh(bench: Bench, who: str, line: str) -> Refresh:
    load, window = machine.load(), WINDOWS[who]
    with bench.lab.short_lives(window.life):
        told, calls = sts_calls.ran(bench, who, line, CLUSTER, again_for=window.ends)
    start, refresh = split(calls, window)
    return Refresh(who, told["spark"], told["hadoop"], assumed(start), assumed(refresh), load)


def split(calls: Sequence[Call], window: Window) -> tuple[list[Call], list[Call]]:
    """The AssumeRole calls at the start, and those of the refresh; later ones are left out."""
    asked = [call for call in calls if call.operation == "AssumeRole"]
    after = [call.time - asked[0].time for call in asked]
    start = [call for call, when in zip(asked, after, strict=True) if when < window.start_ends]
    refresh = [call for call, when in zip(asked, after, strict=True) if window.start_ends <= when < window.ends]
    return start, refresh


def text(refreshes: Sequence[Refresh]) -> str:
    """The table; a chain has no peer."""
    peer = next((one for one in refreshes if one.who == HADOOP), None)
    rows = []
    for one in refreshes:
        beside = ""
        if peer is not None and one.who == OURS:
            beside = f"{share(sum(one.refresh.values()), sum(peer.refresh.values()))} of the calls"
        rows.append(
            [
                one.who,
                f"{one.spark}, {one.hadoop}",
                str(JVMS[CLUSTER]),
                f"{WINDOWS[one.who].life} s",
                counts(one.start),
                counts(one.refresh),
                beside,
                f"{one.load:.1f}",
            ]
        )
    return table(COLUMNS, rows)


def versions(refreshes: Sequence[Refresh]) -> str:
    found = dict.fromkeys(f"Spark {one.spark} with Hadoop {one.hadoop}" for one in refreshes)
    return ", ".join(found)
