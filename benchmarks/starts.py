"""What the plugin adds to the start of a driver, and the hook to that of a Python worker."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.report import seconds, share, table
from benchmarks.running import JAR, Bench, buckets, tell
from benchmarks.sts_calls import LOCAL
from spark_xacct import targets

WITHOUT, PLUGIN, HOOK = "without plugin", "with plugin", "with plugin and hook"
PROCESSES, STS_SECONDS = 5, 2.0
COLUMNS = ("what", WITHOUT, PLUGIN, "more", HOOK, "more", "load")
CONTEXT, THREAD = "SparkContext", "processor time of the thread that starts it"
TASK, IN_PYTHON = "first Python task", "processor time of the daemon and its worker"
SESSIONS = "from SparkContext to the last role session"


@dataclass(frozen=True)
class Side:
    """Seconds of one side, each in a fresh driver: of the context and its thread, of the first Python task and its processes.

    ``sessions``: from the context to the last role session; none without plugin.
    """

    who: str
    context: tuple[float, ...]
    thread: tuple[float, ...]
    task: tuple[float, ...]
    in_python: tuple[float, ...]
    sessions: tuple[float, ...]


@dataclass(frozen=True)
class Starts:
    """All sides: without the plugin, with it, and with the hook."""

    spark: str
    load: float
    sides: tuple[Side, Side, Side]


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
    without, plugin, hook = (_side(who, results) for who, results in told.items())
    return Starts(told[WITHOUT][0]["spark"], load, (without, plugin, hook))


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

    return Side(who, of("context"), of("thread"), of("task"), of("in_python"), of("sessions"))


def text(measured: Starts) -> str:
    """The table; differences are of medians."""
    without, plugin, hook = measured.sides
    rows = []
    for what, of in (
        (CONTEXT, lambda side: side.context),
        (THREAD, lambda side: side.thread),
        (TASK, lambda side: side.task),
        (IN_PYTHON, lambda side: side.in_python),
    ):
        peer = of(without)
        row = [what, seconds(peer)]
        for side in (plugin, hook):
            row += [seconds(of(side)), _more(of(side), peer)]
        rows.append([*row, f"{measured.load:.1f}"])
    sessions = [SESSIONS, "", seconds(plugin.sessions), "", seconds(hook.sessions), "", f"{measured.load:.1f}"]
    return table(COLUMNS, [*rows, sessions])


def _more(ours: tuple[float, ...], without: tuple[float, ...]) -> str:
    more = median(ours) - median(without)
    return f"{1e3 * more:+.0f} ms, {share(median(ours), median(without))}"
