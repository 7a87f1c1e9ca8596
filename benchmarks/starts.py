"""What the plugin adds to the start of a driver, and the hook to that of a Python worker."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.report import milliseconds, seconds, share, table
from benchmarks.running import JAR, Bench, buckets, tell
from benchmarks.sts_calls import LOCAL
from spark_xacct import targets

WITHOUT, PLUGIN, HOOK = "without plugin", "with plugin", "with plugin and hook"
PROCESSES, STS_SECONDS = 5, 2.0
COLUMNS = (
    "who", "SparkContext", "more than without", "first Python task", "more than without", "second Python task",
    "role sessions after", "load",
)  # fmt: skip


@dataclass(frozen=True)
class Side:
    """Seconds of one side, each in a fresh driver. ``sessions``: from the start to the last role session; none without plugin."""

    who: str
    context: tuple[float, ...]
    first_task: tuple[float, ...]
    second_task: tuple[float, ...]
    sessions: tuple[float, ...]


@dataclass(frozen=True)
class Starts:
    """All sides, the one without the plugin first."""

    spark: str
    load: float
    sides: tuple[Side, ...]


def measure(bench: Bench) -> Starts:
    """Fresh drivers of all sides by turns on the newest Spark, with the same settings but for the plugin."""
    tell(f"  starts of a driver, Spark 4, {LOCAL}, {PROCESSES} times each side")
    load = machine.load()
    told: dict[str, list[dict[str, Any]]] = {WITHOUT: [], PLUGIN: [], HOOK: []}
    with bench.slow_sts(STS_SECONDS):
        for _ in range(PROCESSES):
            for who, results in told.items():
                results.append(
                    bench.run_spark("4", LOCAL, "starts.py", who, settings=_settings(bench, who), jars=[JAR])
                )
    return Starts(told[WITHOUT][0]["spark"], load, tuple(_side(who, results) for who, results in told.items()))


def _settings(bench: Bench, who: str) -> dict[str, str]:
    """What render writes; the jar comes along without the plugin, too."""
    plan = bench.plan(buckets("direct"), "reader" if who == HOOK else None)
    settings = dict(targets.settings_for(plan, "spark-4").spark)
    if who == WITHOUT:
        del settings["spark.plugins.defaultList"]
    return settings


def _side(who: str, results: list[dict[str, Any]]) -> Side:
    def of(name: str) -> tuple[float, ...]:
        return tuple(one[name] for one in results if one[name] is not None)

    return Side(who, of("context"), of("first_task"), of("second_task"), of("session"))


def text(measured: Starts) -> str:
    """The table; differences are of medians."""
    without = measured.sides[0]
    rows = []
    for side in measured.sides:
        is_peer = side is without
        rows.append(
            [
                side.who,
                seconds(side.context),
                "" if is_peer else _more(side.context, without.context),
                seconds(side.first_task),
                "" if is_peer else _more(side.first_task, without.first_task),
                milliseconds(side.second_task),
                seconds(side.sessions) if side.sessions else "",
                f"{measured.load:.1f}",
            ]
        )
    return table(COLUMNS, rows)


def _more(ours: tuple[float, ...], without: tuple[float, ...]) -> str:
    more = median(ours) - median(without)
    return f"{1e3 * more:+.0f} ms, {share(median(ours), median(without))}"
