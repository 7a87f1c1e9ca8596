"""STS calls of Python workers under two roles behind a hub: AssumeRole by hand, and spark_xacct.client."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import machine
from benchmarks.report import seconds, share, table
from benchmarks.running import PROTECTED, Bench, assumed, buckets, role_arn, tell
from benchmarks.sts_calls import CLUSTER

BY_HAND, KEPT = "boto3 AssumeRole in each partition", "boto3 AssumeRole kept in each worker"
OURS, DRIVER = "spark_xacct.client", "the driver of spark-xacct"
COLUMNS = ("who", "job", "partitions", "AssumeRole calls", "seconds", "beside boto3 in each partition", "load")
SINKS = {"far-reader": "far-events", "far-auditor": "far-audits"}
_NAMES = {"in_each_partition": BY_HAND, "kept_in_each_worker": KEPT, "with_client": OURS}
_ORDINALS = ("first", "second")


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
    """All jobs in one application, and the AssumeRole calls before the first of them."""

    spark: str
    load: float
    at_start: int
    jobs: tuple[Job, ...]


def measure(bench: Bench) -> Jobs:
    """One application on the newest Spark with three executors of one core; workers have imported boto3 before."""
    tell(f"  64 partitions, Spark 4, {CLUSTER}")
    load, since = machine.load(), bench.last_call()
    (hub,) = {str(role.arn) for role in bench.lab.access_map.roles.values() if role.name == "hub"}
    sinks = [f"{role},{role_arn(role)},{bench.lab.queue_url(queue)}" for role, queue in SINKS.items()]
    with bench.slow_sts():
        told = bench.run_spark(
            "4",
            CLUSTER,
            "partitions.py",
            bench.plan_file(buckets("chained")),
            hub,
            *sinks,
            settings=PROTECTED,
        )
    calls = bench.lab.calls(since)
    jobs: list[Job] = []
    for job in told["jobs"]:
        mine = assumed(call for call in calls if job["started"] <= call.time <= job["ended"])
        who = _NAMES[job["who"]]
        number = 1 + sum(earlier.who == who for earlier in jobs)
        jobs.append(Job(who, number, told["partitions"], sum(mine.values()), job["seconds"]))
    at_start = assumed(call for call in calls if call.time < told["jobs"][0]["started"])
    return Jobs(told["spark"], load, sum(at_start.values()), tuple(jobs))


def text(measured: Jobs) -> str:
    """The table; each job beside the same job by hand in each partition."""
    peers = {job.number: job for job in measured.jobs if job.who == BY_HAND}
    load = f"{measured.load:.1f}"
    rows = [[DRIVER, "at start", "", str(measured.at_start), "", "", load]]
    for job in measured.jobs:
        beside = ""
        if job.who != BY_HAND:
            peer = peers[job.number]
            beside = (
                f"{share(job.sts_calls, peer.sts_calls)} of the calls, {share(job.seconds, peer.seconds)} of the time"
            )
        rows.append(
            [
                job.who,
                _ORDINALS[job.number - 1],
                str(job.partitions),
                str(job.sts_calls),
                seconds([job.seconds]),
                beside,
                load,
            ]
        )
    return table(COLUMNS, rows)
