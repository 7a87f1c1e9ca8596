"""The report of the benchmarks on fixed measurements, and the page that they were last written to. No times are tested."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from benchmarks import jvm_reads, latencies, many_buckets, one_process, partitions, refreshes, report, starts, sts_calls
from benchmarks.__main__ import PAGE, PARTS
from benchmarks.machine import Machine, circumstances
from benchmarks.running import assumed
from spark_xacct.declaration import loads
from spark_xacct.lab.call_log import Call
from spark_xacct.model import DecisionKind, Location

# Report functions


@pytest.mark.parametrize(
    ("ours", "peer", "expected"),
    [
        (1, 5, "20 %"),
        (4, 20, "20 %"),
        (3, 64, "4.7 %"),
        (0, 64, "0 %"),
        (0.559, 0.308, "181 %"),
        (0.05, 100, "0.05 %"),
        (5, 5, "100 %"),
        (1, 0, "none to compare"),
    ],
)
def test_share_is_what_part_of_the_peers_it_is(ours: float, peer: float, expected: str) -> None:
    assert report.share(ours, peer) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (report.seconds([0.3, 0.1, 0.2]), "0.20 s (0.10 to 0.30)"),
        (report.seconds([1.825]), "1.82 s"),
        (report.seconds([]), "none"),
        (report.milliseconds([0.0054, 0.0029]), "4.2 ms (2.9 to 5.4)"),
        (report.microseconds([4.02e-5]), "40.2 µs"),
        (report.counts({}), "0"),
        (report.counts({"reader": 4, "hub": 5}), "9: hub 5, reader 4"),
    ],
)
def test_values_are_written_with_their_unit_and_range(written: str, expected: str) -> None:
    assert written == expected


def test_table_and_its_reading_agree() -> None:
    text = report.table(("who", "calls"), [("a", "1"), ("b", "")])
    assert text == "| who | calls |\n| --- | --- |\n| a | 1 |\n| b |   |\n"
    assert report.tables(f"words\n{text}words\n{text}") == [[["who", "calls"], ["a", "1"], ["b", ""]]] * 2


def test_table_refuses_a_row_of_another_width() -> None:
    with pytest.raises(ValueError, match=r"3 cells under 2 columns: \['a', '1', '2'\]"):
        report.table(("who", "calls"), [("a", "1", "2")])


SKELETON = "# Title\n<!-- measured one -->\nold\n<!-- end of measured -->\nprose\n<!-- measured two -->\n<!-- end of measured -->\n"


def test_page_takes_new_blocks_and_keeps_all_else() -> None:
    now = report.with_blocks(SKELETON, {"two": "new \\1\n"})
    assert report.blocks(now) == {"one": "old\n", "two": "new \\1\n"}
    assert now.replace("new \\1\n", "") == SKELETON


def test_page_without_a_place_for_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has no place for: four, three"):
        report.with_blocks(SKELETON, {"three": "", "four": "", "one": ""})


def test_circumstances_name_versions_machine_moment_and_load() -> None:
    machine = Machine("EPYC", 2, 24, "Linux 6.1", "3.11.7", "17.0.15")
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
    assert circumstances(machine, "spark-xacct 0.1.0", moment, (4.75, 13.0)) == (
        "spark-xacct 0.1.0. EPYC, 2 cores, 24 GB, Linux 6.1; Python 3.11.7, JDK 17.0.15. 2026-01-02 03:04 UTC; "
        "load average 4.8 before and 13.0 after, where 2 is a busy machine."
    )


def call(operation: str, time: float = 0.0, **requested: str) -> Call:
    return Call(1, time, "sts", operation, 200, requested=requested)


def test_only_assume_role_is_counted_by_role() -> None:
    hub, reader = ({"RoleArn": f"arn:aws:iam::444455556666:role/team/{name}"} for name in ("hub", "reader"))
    calls = [
        call("AssumeRole", **hub),
        call("AssumeRole", **reader),
        call("AssumeRole", **hub),
        call("GetCallerIdentity"),
    ]
    assert assumed(calls) == {"hub": 2, "reader": 1}


def test_a_refresh_is_what_follows_the_start_and_no_later_one() -> None:
    window = refreshes.Window(life=90, start_ends=40, ends=80)
    times = (1000.0, 1039.0, 1040.0, 1079.0, 1080.0)
    calls = [call("GetCallerIdentity", 990.0), *(call("AssumeRole", time) for time in times)]
    start, refresh = refreshes.split(calls, window)
    assert ([one.time for one in start], [one.time for one in refresh]) == ([1000.0, 1039.0], [1040.0, 1079.0])


@pytest.mark.parametrize("who", refreshes.WINDOWS)
def test_each_session_is_renewed_once_in_its_window(who: str) -> None:
    window = refreshes.WINDOWS[who]
    # SDK v1: 300 s before the end; spark-xacct: from 45 % of a life to half of it.
    earliest, latest = (window.life - 300,) * 2 if who == sts_calls.HADOOP else (0.45 * window.life, 0.5 * window.life)
    assert window.start_ends < earliest
    assert latest < window.ends < 2 * earliest


# The tables of each part


def application(who: str, master: str, first: dict[str, int], *stats: float) -> sts_calls.Application:
    return sts_calls.Application(who, "3.5.9", "3.3.4", master, first, {}, stats, 2.0)


APPLICATIONS = [
    application(sts_calls.HADOOP, sts_calls.LOCAL, {"reader": 5}, 1.8, 0.25, 0.2, 0.3, 0.25),
    application(sts_calls.OURS, sts_calls.LOCAL, {"reader": 1}, 1.8, 0.05, 0.05, 0.05, 0.05),
    application(sts_calls.HADOOP, sts_calls.CLUSTER, {"reader": 20}, 1.8, 0.5, 0.5, 0.5, 0.5),
    application(sts_calls.OURS, sts_calls.CLUSTER, {"reader": 4}, 1.8, 0.1, 0.1, 0.1, 0.1),
    application(sts_calls.TWO_HOPS, sts_calls.CLUSTER, {"hub": 1, "reader": 1}, 2, 0.1, 0.1, 0.1, 0.1),
    application(sts_calls.OPEN, sts_calls.CLUSTER, {"hub": 4, "reader": 4}, 2, 0.1, 0.1, 0.1, 0.1),
]
REFRESHES = [
    refreshes.Refresh(sts_calls.HADOOP, "3.5.9", "3.3.4", {"reader": 20}, {"reader": 20}, 2.0),
    refreshes.Refresh(sts_calls.OURS, "3.5.9", "3.3.4", {"reader": 1}, {"reader": 1}, 2.0),
    refreshes.Refresh(sts_calls.TWO_HOPS, "3.5.9", "3.3.4", {"hub": 1, "reader": 1}, {"hub": 1, "reader": 1}, 2.0),
]
JOBS = partitions.Jobs(
    "4.3.0",
    5.4,
    3,
    (
        partitions.Job(partitions.BY_HAND, 1, 64, 128, 20.0),
        partitions.Job(partitions.KEPT, 1, 64, 12, 16.0),
        partitions.Job(partitions.OURS, 1, 64, 0, 10.0),
        partitions.Job(partitions.BY_HAND, 2, 64, 128, 10.0),
        partitions.Job(partitions.KEPT, 2, 64, 0, 8.0),
        partitions.Job(partitions.OURS, 2, 64, 0, 7.5),
    ),
)
LATENCIES = latencies.Latencies(
    "4.3.0",
    5.4,
    (
        latencies.Latency(latencies.BY_HAND, (0.4, 0.5, 0.6), (0.004,), 3),
        latencies.Latency(latencies.ROLE_SESSION, (0.01, 0.02), (0.004,), 0),
        latencies.Latency(latencies.UNPREPARED, (0.1,), (0.004,), 0),
        latencies.Latency(latencies.PLAIN_BASE, (0.1,), (0.004,), 0),
        latencies.Latency(latencies.PLAIN, (0.15,), (0.004,), 0),
        latencies.Latency(latencies.REQUEST, (0.001,), (0.004,), 0),
        latencies.Latency(latencies.ASK, (0.0005,), (), 0),
    ),
)
STARTS = starts.Starts(
    "4.3.0",
    5.4,
    (
        starts.Side(starts.WITHOUT, (1.0, 2.0, 3.0), (0.5,), (0.75,), (0.2,), ()),
        starts.Side(starts.PLUGIN, (2.5,), (0.6,), (0.75,), (0.2,), (2.4,)),
        starts.Side(starts.HOOK, (2.5,), (0.55,), (1.25,), (0.3,), (2.5,)),
    ),
)
PROCESSES = one_process.Processes(
    "1.44.5",
    one_process.Side(one_process.BY_HAND, (0.3, 0.4, 0.2), (0.2, 0.1, 0.3), 21, 3.0),
    one_process.Side(one_process.OURS, (0.45,), (0.005,), 1, 3.0),
    (0.004,),
    (3e-5,),
)
LARGE = many_buckets.Large((1.0,), (1.5,), (0.25,), (8e-6,), (1e-4,), 36_951, 1.0)
PRINTED = """spark-xacct beside AWS SDK v2 2.35.4, JDK 17, 2 cores, short run

4 readers, one refresh, STS takes 2 s               longest      p99.9
  spark-xacct S3ARoleCredentialsProvider            1.00 ms   0.010 ms

resolveCredentials on a fresh session                  1 thread      4 threads
  spark-xacct S3ARoleCredentialsProvider             10.0 ns/op     20.0 ns/op
  SDK v2 StsAssumeRoleCredentialsProvider            40.0 ns/op    800.0 ns/op"""

STS = sts_calls.text(APPLICATIONS)
WRITTEN = {
    "sts": STS,
    "refreshes": refreshes.text(REFRESHES),
    "partitions": partitions.text(JOBS),
    "latencies": latencies.text(LATENCIES),
    "starts": starts.text(STARTS),
    "process": one_process.text(PROCESSES),
    "buckets": many_buckets.text(LARGE),
}


def test_sts_calls_stand_beside_hadoops_on_the_same_spark_and_master() -> None:
    rows = report.tables(STS)[0][1:]
    assert [row[4] for row in rows] == [
        "5: reader 5",
        "1: reader 1",
        "20: reader 20",
        "4: reader 4",
        "2: hub 1, reader 1",
        "8: hub 4, reader 4",
    ]
    assert [row[3] for row in rows] == ["1", "1", "4", "4", "4", "4"]
    beside = "20 % of the calls, 20 % of the time"
    assert [row[8] for row in rows] == ["", beside, "", beside, "", ""]
    assert rows[0] == [
        "AssumedRoleCredentialProvider", "3.5.9, 3.3.4", "`local[2]`", "1", "5: reader 5", "0", "1.80 s",
        "0.25 s (0.20 to 0.30)", "", "2.0",
    ]  # fmt: skip
    assert sts_calls.versions(APPLICATIONS) == "Spark 3.5.9 with Hadoop 3.3.4"


def test_a_refresh_stands_beside_hadoops_where_there_is_one_hop() -> None:
    assert report.tables(WRITTEN["refreshes"])[0][1:] == [
        ["AssumedRoleCredentialProvider", "3.5.9, 3.3.4", "4", "345 s", "20: reader 20", "20: reader 20", "", "2.0"],
        ["spark-xacct", "3.5.9, 3.3.4", "4", "90 s", "1: reader 1", "1: reader 1", "5 % of the calls", "2.0"],
        [
            "spark-xacct, through a hub", "3.5.9, 3.3.4", "4", "90 s", "2: hub 1, reader 1", "2: hub 1, reader 1", "", "2.0",
        ],
    ]  # fmt: skip


def test_jobs_of_workers_stand_beside_the_same_job_by_hand() -> None:
    assert report.tables(WRITTEN["partitions"])[0][1:] == [
        ["the driver of spark-xacct", "at start", "", "3", "", "", "5.4"],
        ["boto3 AssumeRole in each partition", "first", "64", "128", "20.00 s", "", "5.4"],
        [
            "boto3 AssumeRole kept in each worker", "first", "64", "12", "16.00 s", "9.4 % of the calls, 80 % of the time", "5.4",
        ],
        ["spark_xacct.client", "first", "64", "0", "10.00 s", "0 % of the calls, 50 % of the time", "5.4"],
        ["boto3 AssumeRole in each partition", "second", "64", "128", "10.00 s", "", "5.4"],
        ["boto3 AssumeRole kept in each worker", "second", "64", "0", "8.00 s", "0 % of the calls, 80 % of the time", "5.4"],
        ["spark_xacct.client", "second", "64", "0", "7.50 s", "0 % of the calls, 75 % of the time", "5.4"],
    ]  # fmt: skip


def test_a_role_session_in_a_worker_stands_beside_its_own_assume_role_and_a_client_beside_a_client() -> None:
    assert report.tables(WRITTEN["latencies"])[0][1:] == [
        ["a worker's own AssumeRole by boto3", "3", "500.0 ms (400.0 to 600.0)", "4.0 ms", "3", "", "5.4"],
        ["`xacct.boto3_session`", "2", "15.0 ms (10.0 to 20.0)", "4.0 ms", "0", "3 %", "5.4"],
        ["`xacct.boto3_session`, no default role", "1", "100.0 ms", "4.0 ms", "0", "20 %", "5.4"],
        ["`boto3.client()`, no default role: the base identity", "1", "100.0 ms", "4.0 ms", "0", "", "5.4"],
        ["`boto3.client()`, the default role", "1", "150.0 ms", "4.0 ms", "0", "150 %", "5.4"],
        ["a worker's request to the endpoint", "1", "1.0 ms", "4.0 ms", "0", "", "5.4"],
        ["an executor's question to the driver, two roles", "1", "0.5 ms", "", "0", "", "5.4"],
    ]


def test_starts_say_what_plugin_and_hook_add_to_the_medians_without() -> None:
    assert report.tables(WRITTEN["starts"])[0][1:] == [
        ["SparkContext", "2.00 s (1.00 to 3.00)", "2.50 s", "+500 ms, 125 %", "2.50 s", "+500 ms, 125 %", "5.4"],
        ["processor time of the thread that starts it", "0.50 s", "0.60 s", "+100 ms, 120 %", "0.55 s", "+50 ms, 110 %", "5.4"],
        ["first Python task", "0.75 s", "0.75 s", "+0 ms, 100 %", "1.25 s", "+500 ms, 167 %", "5.4"],
        ["processor time of the daemon and its worker", "0.20 s", "0.20 s", "+0 ms, 100 %", "0.30 s", "+100 ms, 150 %", "5.4"],
        ["from SparkContext to the last role session", "", "2.40 s", "", "2.50 s", "", "5.4"],
    ]  # fmt: skip


def test_one_process_compares_first_and_later_clients() -> None:
    assert report.tables(WRITTEN["process"])[0][1:] == [
        ["boto3 AssumeRole by hand", "300.0 ms (200.0 to 400.0)", "200.0 ms (100.0 to 300.0)", "21", "3.0"],
        ["spark_xacct.client", "450.0 ms", "5.0 ms", "1", "3.0"],
        ["beside boto3 by hand", "150 %", "2.5 %", "4.8 %", ""],
        ["the request alone", "", "4.0 ms", "0", ""],
        ["`client()` alone, cached", "", "30.0 µs", "0", ""],
    ]


def test_ten_thousand_buckets_stand_beside_reading_the_yaml() -> None:
    assert report.tables(WRITTEN["buckets"])[0][1:] == [
        ["reading the YAML, ruamel.yaml alone", "1.00 s", "", "1.0"],
        ["load", "1.50 s", "150 %", "1.0"],
        ["compile the plan", "0.25 s", "25 %", "1.0"],
        ["load and compile", "1.75 s", "175 %", "1.0"],
        ["decide, one bucket by name", "8.0 µs", "", "1.0"],
        ["decide, one bucket by pattern", "100.0 µs", "", "1.0"],
    ]
    assert WRITTEN["buckets"].endswith("\nThe plan's text has 36,951 characters.\n")


def test_the_large_declaration_decides_what_is_timed() -> None:
    access_map = loads(many_buckets.declaration()).access_map
    assert len(access_map.bindings) == many_buckets.BUCKETS + many_buckets.PATTERNS
    for bucket in ("bucket-09999", "tenant-07-4711"):
        assert access_map.decide(Location("s3a", bucket)).kind is DecisionKind.ROLE


def test_what_jmh_printed_is_taken_over_with_its_ratios() -> None:
    ratios = (
        "Of the time that the SDK's provider takes for a read, ours takes 25 % with 1 thread, 2.5 % with 4 threads.\n"
    )
    assert jvm_reads.text(PRINTED) == f"```text\n{PRINTED}\n```\n\n{ratios}"


def test_jmh_without_both_sides_is_taken_over_without_ratios() -> None:
    printed = PRINTED.rpartition("\n")[0]
    assert jvm_reads.text(printed) == f"```text\n{printed}\n```\n"


# The page

BLOCKS = report.blocks(PAGE.read_text(encoding="utf-8"))


def test_the_page_has_a_block_for_each_part() -> None:
    assert sorted(BLOCKS) == sorted(PARTS)


@pytest.mark.parametrize("part", WRITTEN)
def test_tables_of_the_page_have_the_shape_that_is_written(part: str) -> None:
    (expected,), (found,) = report.tables(WRITTEN[part]), report.tables(BLOCKS[part])
    assert found[0] == expected[0]
    assert {len(row) for row in found} == {len(expected[0])}
    assert {row[0] for row in found} == {row[0] for row in expected}


@pytest.mark.parametrize("part", PARTS)
def test_every_block_of_the_page_says_when_and_under_which_load(part: str) -> None:
    last = BLOCKS[part].strip().splitlines()[-1]
    assert last.startswith("spark-xacct ")
    assert " UTC; load average " in last


def test_the_page_holds_what_jmh_printed() -> None:
    assert sorted(jvm_reads.sides(BLOCKS["jvm"])) == ["SDK", "spark-xacct"]
