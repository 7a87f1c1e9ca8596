"""STS calls of one application that reads five buckets under two roles: Hadoop's own provider, and spark-xacct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.report import counts, seconds, share, table
from benchmarks.running import PROTECTED, ROOT, Bench, assumed, buckets, role_arn, spark_python, tell
from spark_xacct.lab.call_log import Call

LOCAL, CLUSTER = "local[2]", "local-cluster[3,1,1024]"
JVMS = {LOCAL: 1, CLUSTER: 4}
HADOOP, OURS = "AssumedRoleCredentialProvider", "spark-xacct"
TWO_HOPS, OPEN = "spark-xacct, through a hub", "spark-xacct, through a hub, RPC not protected"
LINES = ("3.5", "4")
COLUMNS = (
    "who", "Spark, Hadoop", "master", "JVMs", "AssumeRole calls, by role", "the same jobs again",
    "first stat, bucket 1", "first stat, buckets 2 to 5", "beside Hadoop's provider", "load",
)  # fmt: skip


@dataclass(frozen=True)
class Application:
    """One application: STS calls by role in the first round of jobs and in the second, first stats in the driver."""

    who: str
    spark: str
    hadoop: str
    master: str
    first_round: Mapping[str, int]
    second_round: Mapping[str, int]
    stats: tuple[float, ...]
    load: float


def measure(bench: Bench) -> Iterator[Application]:
    """Both sides one after the other on each Spark and master, then the chains."""
    for line in lines():
        for master in (LOCAL, CLUSTER):
            for who in (HADOOP, OURS):
                yield _application(bench, who, line, master)
        yield _application(bench, TWO_HOPS, line, CLUSTER)
    yield _application(bench, OPEN, LINES[-1], CLUSTER)


def lines() -> Iterator[str]:
    """The Spark lines that are here."""
    for line in LINES:
        if spark_python(line).is_file():
            yield line
        else:
            tell(f"  Spark {line} is left out: {spark_python(line).relative_to(ROOT)} is not there")


def _application(bench: Bench, who: str, line: str, master: str) -> Application:
    load = machine.load()
    told, calls = ran(bench, who, line, master)
    return Application(
        who,
        told["spark"],
        told["hadoop"],
        master,
        assumed(call for call in calls if call.time < told["second_round"]),
        assumed(call for call in calls if call.time >= told["second_round"]),
        tuple(told["stats"]),
        load,
    )


def ran(bench: Bench, who: str, line: str, master: str, again_for: int = 0) -> tuple[dict[str, Any], list[Call]]:
    """What the program told, and the calls that the lab saw of it. ``again_for``: seconds of its second round."""
    tell(f"  {who}, Spark {line}, {master}")
    since = bench.last_call()
    names = buckets("direct" if who in (HADOOP, OURS) else "chained")
    side, settings = ("hadoop", _hadoop_settings(bench, line)) if who == HADOOP else ("spark-xacct", {})
    if who != OPEN:
        settings = {**settings, **PROTECTED}
    arguments = (side, bench.plan_file(names), str(again_for), *names)
    with bench.slow_sts():
        told = bench.run_spark(line, master, "read_buckets.py", *arguments, settings=settings)
    return told, bench.lab.calls(since)


def _hadoop_settings(bench: Bench, line: str) -> dict[str, str]:
    """Hadoop's own provider by its documented settings, on the same base identity."""
    environment_provider = {
        "3.5": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
        "4": "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider",
    }[line]
    s3a = {
        "aws.credentials.provider": "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider",
        "assumed.role.credentials.provider": environment_provider,
    }
    for binding in bench.plan(buckets("direct")).access_map.bindings:
        s3a[f"bucket.{binding.bucket.text}.assumed.role.arn"] = role_arn(str(binding.role))
    if line == "3.5":
        # From 3.4 on the setting means https; there the SDK follows AWS_ENDPOINT_URL, which SDK v1 does not know.
        s3a["assumed.role.sts.endpoint"] = bench.lab.endpoint
        s3a["assumed.role.sts.endpoint.region"] = bench.lab.access_map.sts.region
    return {f"spark.hadoop.fs.s3a.{name}": value for name, value in s3a.items()}


def text(applications: Sequence[Application]) -> str:
    """The table."""
    return table(COLUMNS, [_row(one, _peer(one, applications)) for one in applications])


def _peer(one: Application, applications: Sequence[Application]) -> Application | None:
    """Hadoop's provider on the same Spark and master; it makes one hop, so a chain has no peer."""
    if one.who != OURS:
        return None
    same = (
        other for other in applications if (other.who, other.spark, other.master) == (HADOOP, one.spark, one.master)
    )
    return next(same, None)


def _row(one: Application, peer: Application | None) -> list[str]:
    beside = ""
    if peer is not None:
        calls = share(sum(one.first_round.values()), sum(peer.first_round.values()))
        beside = f"{calls} of the calls, {share(median(one.stats[1:]), median(peer.stats[1:]))} of the time"
    return [
        one.who,
        f"{one.spark}, {one.hadoop}",
        f"`{one.master}`",
        str(JVMS[one.master]),
        counts(one.first_round),
        counts(one.second_round),
        seconds(one.stats[:1]),
        seconds(one.stats[1:]),
        beside,
        f"{one.load:.1f}",
    ]


def versions(applications: Sequence[Application]) -> str:
    found = dict.fromkeys(f"Spark {one.spark} with Hadoop {one.hadoop}" for one in applications)
    return ", ".join(found)
