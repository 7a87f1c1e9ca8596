"""STS calls of Python workers: AssumeRole by hand in each partition, and spark_xacct.client."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import machine
from benchmarks.report import seconds, share, table
from benchmarks.running import DECLARATION, Bench, assumed, tell
from benchmarks.sts_calls import CLUSTER, ROLE

BY_HAND, OURS = "boto3 AssumeRole in each partition", "spark_xacct.client"
COLUMNS = ("who", "job", "partitions", "AssumeRole calls", "seconds", "beside boto3 by hand", "load")
_NAMES = {"by hand": BY_HAND, "xacct": OURS}


@dataclass(frozen=True)
class Job:
    """One job of one side; ``number`` 1 is the first."""

    who: str
    number: int
    partitions: int
    sts_calls: int
    seconds: float


@dataclass(frozen=True)
class Jobs:
    """Both sides' jobs in one application."""

    spark: str
    load: float
    jobs: tuple[Job, ...]


def measure(bench: Bench) -> Jobs:
    """One application on the newest Spark with three executors of one core; workers have imported boto3 before."""
    tell(f"  64 partitions, Spark 4, {CLUSTER}")
    load, since = machine.load(), bench.last_call()
    with bench.slow_sts():
        told = bench.run_spark("4", CLUSTER, "partitions.py", str(DECLARATION), bench.lab.queue_url("events"), ROLE)
    calls = bench.lab.calls(since)
    jobs = []
    for place, job in enumerate(told["jobs"]):
        mine = assumed(call for call in calls if job["started"] <= call.time <= job["ended"])
        jobs.append(Job(_NAMES[job["who"]], place // 2 + 1, told["partitions"], sum(mine.values()), job["seconds"]))
    return Jobs(told["spark"], load, tuple(jobs))


def text(measured: Jobs) -> str:
    """The table; each job of ours beside the same job by hand."""
    peers = {job.number: job for job in measured.jobs if job.who == BY_HAND}
    rows = []
    for job in measured.jobs:
        beside = ""
        if job.who == OURS:
            peer = peers[job.number]
            beside = (
                f"{share(job.sts_calls, peer.sts_calls)} of the calls, {share(job.seconds, peer.seconds)} of the time"
            )
        rows.append(
            [
                job.who,
                ("first", "second")[job.number - 1],
                str(job.partitions),
                str(job.sts_calls),
                seconds([job.seconds]),
                beside,
                f"{measured.load:.1f}",
            ]
        )
    return table(COLUMNS, rows)
