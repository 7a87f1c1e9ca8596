"""How long a role session takes to reach an executor and a Python worker, beside the worker's own AssumeRole."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.report import milliseconds, share, table
from benchmarks.running import (
    JAR,
    PROGRAMS,
    PROTECTED,
    Bench,
    ProgramFailed,
    assumed,
    buckets,
    role_arn,
    spark_jars,
    tell,
)

# One worker at a time: more of them would wait for processors, and not for role sessions.
MASTER = "local-cluster[1,1,1024]"
ROLE, WORKERS = "reader", 12
BY_HAND = "a worker's own AssumeRole by boto3"
ROLE_SESSION, UNPREPARED = "`xacct.boto3_session`", "`xacct.boto3_session`, no default role"
PLAIN, PLAIN_BASE = "`boto3.client()`, the default role", "`boto3.client()`, no default role: the base identity"
REQUEST, ASK = "a worker's request to the endpoint", "an executor's question to the driver, two roles"
# Each row: what it is, the side and the job of the program, and the row that it stands beside.
ROWS = (
    (BY_HAND, "without hook", "own AssumeRole", None),
    (ROLE_SESSION, "with hook", "role session", BY_HAND),
    (UNPREPARED, "without hook", "role session", BY_HAND),
    (PLAIN_BASE, "without hook", "plain client", None),
    (PLAIN, "with hook", "plain client", PLAIN_BASE),
    (REQUEST, "with hook", "endpoint request", None),
    (ASK, "with hook", "ask", None),
)
COLUMNS = ("what", "times", "takes", "of it processor time", "STS calls", "beside", "load")


@dataclass(frozen=True)
class Latency:
    """The seconds of one row and the AssumeRole calls meanwhile. ``processor``: of the worker; none for what no worker does."""

    what: str
    seconds: tuple[float, ...]
    processor: tuple[float, ...]
    sts_calls: int


@dataclass(frozen=True)
class Latencies:
    """All rows, in the order of the table."""

    spark: str
    load: float
    rows: tuple[Latency, ...]


def measure(bench: Bench) -> Latencies:
    """Two applications on the newest Spark: with the hook for a default role in workers, and without."""
    load, since = machine.load(), bench.last_call()
    asker = _compiled(bench.folder / "ask-timer.jar")
    settings = {**PROTECTED, "spark.python.worker.reuse": "false"}
    told = {}
    for side, default_role in (("with hook", ROLE), ("without hook", None)):
        tell(f"  {side}, Spark 4, {MASTER}")
        arguments = (side, bench.plan_file(buckets("direct"), default_role), ROLE, role_arn(ROLE), str(WORKERS))
        with bench.slow_sts():
            told[side] = bench.run_spark("4", MASTER, "latencies.py", *arguments, settings=settings, jars=[asker])
    calls = bench.lab.calls(since)
    rows = []
    for what, side, job, _ in ROWS:
        found = told[side]["jobs"][job]
        mine = assumed(call for call in calls if found["started"] <= call.time <= found["ended"])
        rows.append(Latency(what, tuple(found["seconds"]), tuple(found["processor"]), sum(mine.values())))
    return Latencies(told["with hook"]["spark"], load, tuple(rows))


def _compiled(jar: Path) -> Path:
    """A jar with the class that asks: it is none of the product's, and of the product's package to see its way of asking."""
    classes = jar.with_suffix("")
    path = f"{spark_jars('4')}/*:{JAR}"
    command = ["javac", "-cp", path, "-d", str(classes), str(PROGRAMS / "AskTimer.java")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProgramFailed(f"AskTimer.java does not compile:\n{done.stderr}")
    with zipfile.ZipFile(jar, "w") as archive:
        for file in classes.rglob("*.class"):
            archive.write(file, file.relative_to(classes))
    return jar


def text(measured: Latencies) -> str:
    """The table; what spark-xacct does beside what one would do without it."""
    peers = {what: peer for what, _, _, peer in ROWS}
    return table(COLUMNS, [_row(one, peers[one.what], measured.rows, measured.load) for one in measured.rows])


def _row(one: Latency, peer: str | None, rows: Sequence[Latency], load: float) -> list[str]:
    beside = ""
    if peer is not None:
        other = next(row for row in rows if row.what == peer)
        beside = share(median(one.seconds), median(other.seconds))
    processor = milliseconds(one.processor) if one.processor else ""
    return [
        one.what,
        str(len(one.seconds)),
        milliseconds(one.seconds),
        processor,
        str(one.sts_calls),
        beside,
        f"{load:.1f}",
    ]
