"""What a role's client costs one Python process: AssumeRole by hand, and spark_xacct.client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.report import microseconds, milliseconds, share, table
from benchmarks.running import JAR, Bench, assumed, role_arn, tell
from spark_xacct import keys
from spark_xacct.plan import encode

BY_HAND, OURS = "boto3 AssumeRole by hand", "spark_xacct.client"
PROCESSES, ROUNDS = 5, 20
COLUMNS = ("who", "first client and request", "each later one", "STS calls a process", "load")
BESIDE, KEPT, CALL = "beside boto3 by hand", "the request alone", "`client()` alone, cached"


@dataclass(frozen=True)
class Side:
    """The seconds of one side over some fresh processes."""

    who: str
    first: tuple[float, ...]
    later: tuple[float, ...]
    sts_calls: int
    load: float


@dataclass(frozen=True)
class Processes:
    """Both sides, and what a request on a client that is kept takes. ``call``: one cached client()."""

    boto3: str
    by_hand: Side
    ours: Side
    kept: tuple[float, ...]
    call: tuple[float, ...]


def measure(bench: Bench) -> Processes:
    """Fresh processes of both sides by turns. boto3 and spark_xacct, out of the jar, are imported before the clock runs."""
    tell(f"  one process, {PROCESSES} times each side")
    environment = {
        "PYTHONPATH": str(JAR),
        **dict(encode(bench.lab.access_map).environment()),
        keys.RUN_ENVIRONMENT: "bench",
    }
    arguments = (bench.lab.queue_url("events"), role_arn("reader"), str(ROUNDS))
    load = machine.load()
    told: dict[str, list[dict[str, Any]]] = {"by-hand": [], "xacct": []}
    calls = dict.fromkeys(told, 0)
    with bench.slow_sts():
        for _ in range(PROCESSES):
            for side, results in told.items():
                since = bench.last_call()
                results.append(bench.run_python("one_process.py", side, *arguments, **environment))
                calls[side] += sum(assumed(bench.lab.calls(since)).values())
    ours = told["xacct"]
    return Processes(
        ours[0]["boto3"],
        _side(BY_HAND, told["by-hand"], calls["by-hand"], load),
        _side(OURS, ours, calls["xacct"], load),
        tuple(value for one in ours for value in one["kept"]),
        tuple(one["client"] for one in ours),
    )


def _side(who: str, results: Sequence[dict[str, Any]], calls: int, load: float) -> Side:
    first = tuple(one["first"] for one in results)
    later = tuple(value for one in results for value in one["later"])
    return Side(who, first, later, round(calls / len(results)), load)


def text(measured: Processes) -> str:
    """The table; the rows below the two sides have no load of their own."""
    by_hand, ours = measured.by_hand, measured.ours
    rows = [
        [side.who, milliseconds(side.first), milliseconds(side.later), str(side.sts_calls), f"{side.load:.1f}"]
        for side in (by_hand, ours)
    ]
    rows += [
        [
            BESIDE,
            share(median(ours.first), median(by_hand.first)),
            share(median(ours.later), median(by_hand.later)),
            share(ours.sts_calls, by_hand.sts_calls),
            "",
        ],
        [KEPT, "", milliseconds(measured.kept), "0", ""],
        [CALL, "", microseconds(measured.call), "0", ""],
    ]
    return table(COLUMNS, rows)
