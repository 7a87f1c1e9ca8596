"""Logs that grow: each line once, in order, whatever the platform does with its objects and streams."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import pytest
from fakes.launching import LOG_KINDS, LOST, StubAws, write_log

from spark_xacct.launch import Clients, LaunchError, LogSource, logs
from spark_xacct.launch.logs import (
    LARGE_BYTES,
    LARGE_SECONDS,
    CloudWatchFollower,
    Cursor,
    FileFollower,
    S3Follower,
    advanced,
    is_put_off,
    unpacked,
    with_rest,
)

DRIVER = "s3://logs/vc/jobs/1/containers/spark-*/spark-*-driver/stdout.gz"
KEY = "vc/jobs/1/containers/spark-1/spark-1-driver/stdout.gz"

# contents over time -> lines given out each time
GROWING: dict[str, tuple[list[bytes], list[tuple[str, ...]]]] = {
    "appears": ([b"a\nb\n"], [("a", "b")]),
    "grows by lines": ([b"a\n", b"a\nb\n", b"a\nb\nc\n"], [("a",), ("b",), ("c",)]),
    "a line that is not whole waits": ([b"a\nb", b"a\nbc\n"], [("a",), ("bc",)]),
    "nothing new": ([b"a\n", b"a\n"], [("a",), ()]),
    "blank lines count": ([b"\n", b"\n\na\n"], [("",), ("", "a")]),
    "carriage returns go": ([b"a\r\n"], [("a",)]),
    "not UTF-8": ([b"\xff\n"], [("\ufffd",)]),
    "a character that is cut waits for its line": ([b"\xc3", b"\xc3\xa4\n"], [(), ("\u00e4",)]),
}


@pytest.mark.parametrize("case", GROWING)
def test_of_a_text_that_is_written_anew_each_line_is_given_once(case: str) -> None:
    contents, expected = GROWING[case]
    cursor, given = Cursor(), []
    for tag, content in enumerate(contents):
        cursor, lines, begins_anew = advanced(cursor, str(tag), content)
        given.append(lines)
        assert not begins_anew
    assert given == expected


@pytest.mark.parametrize("other", [b"x\n", b"x\ny\nz\n"], ids=["shorter", "longer"])
def test_another_text_under_the_same_name_begins_anew(other: bytes) -> None:
    cursor, _, _ = advanced(Cursor(), "1", b"a\nb\n")

    _, lines, begins_anew = advanced(cursor, "2", other)

    assert (lines, begins_anew) == (tuple(other.decode().split()), True)


def test_the_rest_is_given_once_even_if_the_text_grows_on() -> None:
    cursor, _, _ = advanced(Cursor(), "1", b"a\nb")
    cursor, rest = with_rest(cursor)
    _, lines, begins_anew = advanced(cursor, "2", b"a\nb\nc\n")

    assert (rest, lines, begins_anew) == (("b",), ("", "c"), False)


PACKED = gzip.compress(b"one\ntwo\n")
UNPACKED = {
    "plain": (b"one\n", b"one\n"),
    "gzip": (PACKED, b"one\ntwo\n"),
    "two members": (PACKED + gzip.compress(b"three\n"), b"one\ntwo\nthree\n"),
    "cut in its end": (PACKED[:-8], b"one\ntwo\n"),
    "bytes of something else behind it": (PACKED + b"xyz", b"one\ntwo\n"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize("case", UNPACKED)
def test_gzip_is_unpacked_as_far_as_it_goes(case: str) -> None:
    content, expected = UNPACKED[case]
    assert unpacked(content) == expected


def pieces(follower: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(piece.origin.rpartition("/")[2], piece.lines) for piece in follower.poll()]


def test_objects_appear_grow_and_are_read_once(moto: Any, clients: Clients) -> None:
    s3 = moto("s3")
    s3.create_bucket(Bucket="logs")
    follower = S3Follower(clients, LogSource("stdout", "s3", DRIVER))
    seen = [list(follower.poll())]
    for content in (b"1\n", b"1\n2\n3", b"1\n2\n34\n"):
        s3.put_object(Bucket="logs", Key=KEY, Body=gzip.compress(content))
        seen += [list(follower.poll()), list(follower.poll())]

    assert [[piece.lines for piece in look] for look in seen] == [[], [("1",)], [], [("2",)], [], [("34",)], []]


def test_objects_of_later_attempts_come_after_those_of_earlier_ones(moto: Any, clients: Clients) -> None:
    s3 = moto("s3")
    s3.create_bucket(Bucket="logs")
    for attempt in (10, 9, 1):
        s3.put_object(Bucket="logs", Key=f"a/{attempt}/stdout.gz", Body=b"%d\n" % attempt)
    s3.put_object(Bucket="logs", Key="a/1/deeper/stdout.gz", Body=b"not of this log\n")
    s3.put_object(Bucket="logs", Key="a/1/stderr.gz", Body=b"nor this\n")

    follower = S3Follower(clients, LogSource("stdout", "s3", "s3n://logs//a/*/stdout.gz"))

    assert [piece.lines for piece in follower.poll()] == [("1",), ("9",), ("10",)]


def listed(*keys: str, further: str = "", size: int = 2) -> bytes:
    """Of another size it is another object."""
    objects = "".join(
        f"<Contents><Key>{key}</Key><ETag>{key} {size}</ETag><Size>{size}</Size></Contents>" for key in keys
    )
    more = f"<NextContinuationToken>{further}</NextContinuationToken>" if further else ""
    return f"<ListBucketResult><IsTruncated>{str(bool(further)).lower()}</IsTruncated>{objects}{more}</ListBucketResult>".encode()


def test_objects_are_listed_to_the_end(stub: StubAws, clients: Clients) -> None:
    stub.answers["ListObjectsV2"] = [listed("a/1/stdout", further="next"), listed("a/2/stdout")]
    stub.answers["GET /logs/a/1/stdout"] = [b"1\n"]
    stub.answers["GET /logs/a/2/stdout"] = [b"2\n"]

    follower = S3Follower(clients, LogSource("stdout", "s3", "s3://logs/a/*/stdout"))

    assert [piece.lines for piece in follower.poll()] == [("1",), ("2",)]
    assert "continuation-token=next" in stub.bodies("ListObjectsV2")[1]


def test_an_object_that_goes_between_listing_and_reading_is_no_failure(stub: StubAws, clients: Clients) -> None:
    stub.answers["ListObjectsV2"] = [listed("a/1/stdout")]
    stub.answers["GET /logs/a/1/stdout"] = [(404, "NoSuchKey", "The specified key does not exist.")]

    assert list(S3Follower(clients, LogSource("stdout", "s3", "s3://logs/a/*/stdout")).poll()) == []


MIB = 1024 * 1024
READ = Cursor("a", size=100 * MIB, read_at=1000.0)
# what was read last, the size now, the time now -> whether it is left for later
PUT_OFF: dict[str, tuple[Cursor, int, float, bool]] = {
    "a small one": (Cursor("a", size=LARGE_BYTES - 1, read_at=1000.0), LARGE_BYTES, 1001.0, False),
    "one that becomes large": (Cursor("a", size=LARGE_BYTES, read_at=1000.0), LARGE_BYTES + 1, 1001.0, True),
    "a large one that was never read": (Cursor(), 100 * MIB, 1001.0, False),
    "it has grown a little": (READ, 101 * MIB, 1001.0, True),
    "it was written anew in its size": (READ, 100 * MIB, 1001.0, True),
    "it has almost grown by a quarter": (READ, 125 * MIB - 1, 1001.0, True),
    "it has grown by a quarter": (READ, 125 * MIB, 1001.0, False),
    "it is smaller, so another one": (READ, 99 * MIB, 1001.0, False),
    "almost five minutes": (READ, 101 * MIB, 1000.0 + LARGE_SECONDS - 1, True),
    "five minutes": (READ, 101 * MIB, 1000.0 + LARGE_SECONDS, False),
}


@pytest.mark.parametrize("case", PUT_OFF)
def test_a_large_object_is_not_read_whole_for_a_few_lines(case: str) -> None:
    cursor, size, now, expected = PUT_OFF[case]
    assert is_put_off(cursor, size, now) is expected


def test_an_object_that_was_put_off_is_read_when_its_time_comes_or_the_job_has_ended(
    stub: StubAws, clients: Clients
) -> None:
    sizes = [size * MIB for size in (100, 101, 102, 103, 104, 104)]
    stub.answers["ListObjectsV2"] = [listed("out", size=size) for size in sizes]
    stub.answers["GET /logs/out"] = [b"1\n", b"1\n2\n", b"1\n2\n3\n"]
    at = [0.0]
    follower = S3Follower(clients, LogSource("stdout", "s3", "s3://logs/out"), lambda: at[0])
    given = []
    for at[0], has_ended in ((0.0, False), (10.0, False), (300.0, False), (310.0, False), (320.0, True), (330.0, True)):
        given.append([piece.lines for piece in follower.poll(has_ended)])

    assert given == [[("1",)], [], [("2",)], [], [("3",)], []]
    assert follower.is_there


def test_the_last_line_without_an_end_is_the_rest(moto: Any, clients: Clients) -> None:
    s3 = moto("s3")
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key=KEY, Body=gzip.compress(b"a\nresult: 7"))
    follower = S3Follower(clients, LogSource("stdout", "s3", DRIVER))

    assert [piece.lines for piece in follower.poll()] == [("a",)]
    assert [piece.lines for piece in follower.rest()] == [("result: 7",)]
    assert list(follower.rest()) == []


def test_a_log_that_may_not_be_read_is_named_with_the_action_that_lacks(stub: StubAws, clients: Clients) -> None:
    stub.answers["ListObjectsV2"] = [(403, "AccessDenied", "Access Denied")]
    clients.identity()

    with pytest.raises(LaunchError) as raised:
        list(S3Follower(clients, LogSource("stdout", "s3", DRIVER)).poll())

    assert str(raised.value) == (
        f"AWS refused s3:ListBucket on the log in {DRIVER} to arn:aws:sts::111122223333:assumed-role/ci/job-7: Access Denied; "
        "allow it there (--dry-run lists what the launcher needs)"
    )
    assert not raised.value.is_transient


def test_an_address_that_is_none_is_wrong_usage(clients: Clients) -> None:
    with pytest.raises(LaunchError) as raised:
        S3Follower(clients, LogSource("stdout", "s3", "hdfs://x/y"))
    assert str(raised.value) == "hdfs://x/y is not the address of a log; it begins s3://BUCKET/"


# CloudWatch Logs


# The service takes no events of the future, nor of long ago.
NOW = int(time.time() * 1000) - 600_000
GROUP, STREAM = "/aws/emr-serverless", "applications/a/jobs/1/SPARK_DRIVER/stdout"


def follow(clients: Clients) -> CloudWatchFollower:
    return CloudWatchFollower(clients, LogSource("stdout", "cloudwatch", f"{GROUP}:{STREAM}"))


def put(client: Any, *messages: str, at: int, stream: str = STREAM) -> None:
    events = [{"timestamp": at + number, "message": text} for number, text in enumerate(messages)]
    client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def test_events_of_a_stream_that_appears_are_given_once(moto: Any, clients: Clients) -> None:
    client = moto("logs")
    follower = follow(clients)
    assert pieces(follower) == [], "there is no group"
    client.create_log_group(logGroupName=GROUP)
    assert pieces(follower) == [], "there is no stream"
    client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    now = NOW
    put(client, "one", "two\nand a half", at=now)
    first = pieces(follower)
    put(client, "three", at=now + 10)
    put(client, "four", at=now + 20)

    assert first == [("stdout", ("one", "two", "and a half"))]
    assert [pieces(follower), pieces(follower)] == [[("stdout", ("three", "four"))], []]


def test_more_events_than_a_page_holds_come_in_order(moto: Any, clients: Clients) -> None:
    client = moto("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    for start in range(0, 12_000, 4_000):
        put(client, *(str(number) for number in range(start, start + 4_000)), at=NOW + start)

    lines = [line for piece in follow(clients).poll() for line in piece.lines]

    assert lines == [str(number) for number in range(12_000)]


def page(token: str, *events: tuple[int, str]) -> dict[str, Any]:
    return {"events": [{"timestamp": at, "message": text} for at, text in events], "nextForwardToken": token}


def test_an_empty_page_is_not_the_end_of_a_stream(stub: StubAws, clients: Clients) -> None:
    stub.answers["DescribeLogStreams"] = [{"logStreams": [{"logStreamName": STREAM}]}]
    stub.answers["GetLogEvents"] = [page("f/1"), page("f/2", (5, "late")), page("f/2")]

    assert pieces(follow(clients)) == [("stdout", ("late",))]


def test_a_token_that_has_expired_costs_no_line_and_repeats_none(stub: StubAws, clients: Clients) -> None:
    stub.answers["DescribeLogStreams"] = [{"logStreams": [{"logStreamName": STREAM}]}]
    stub.answers["GetLogEvents"] = [
        page("f/1", (4, "a"), (5, "b"), (5, "c")),
        page("f/1"),
        (400, "InvalidParameterException", "The specified nextToken is invalid."),
        page("f/9", (5, "b"), (5, "c"), (5, "d"), (6, "e")),
        page("f/9"),
    ]
    follower = follow(clients)

    assert [pieces(follower), pieces(follower)] == [[("stdout", ("a", "b", "c"))], [("stdout", ("d", "e"))]]
    assert stub.bodies("GetLogEvents")[3]["startTime"] == 5


def test_a_page_that_is_lost_costs_no_line_of_those_before_it(stub: StubAws, clients: Clients) -> None:
    stub.answers["DescribeLogStreams"] = [{"logStreams": [{"logStreamName": STREAM}]}]
    stub.answers["GetLogEvents"] = [page("f/1", (4, "a")), *[LOST] * 4, page("f/2", (5, "b")), page("f/2")]
    follower, given = follow(clients), []

    looks = follower.poll()
    given.append(next(looks).lines)
    with pytest.raises(LaunchError):
        next(looks)
    given += [piece.lines for piece in follower.poll()]

    assert given == [("a",), ("b",)]


def test_a_connection_that_is_lost_while_reading_is_for_a_later_time(stub: StubAws, clients: Clients) -> None:
    stub.answers["DescribeLogStreams"] = [LOST]

    with pytest.raises(LaunchError) as raised:
        list(follow(clients).poll())

    assert raised.value.is_transient
    assert str(raised.value).startswith("logs does not answer in Region us-east-1 (")


# Files


def test_a_file_that_appears_and_grows(tmp_path: Path, clients: Clients) -> None:
    path = tmp_path / "stdout"
    follower = FileFollower(clients, LogSource("stdout", "file", str(path)))
    seen = [list(follower.poll())]
    for text in ("a\nb", "c\n", "", "\nd"):
        with path.open("a") as file:
            file.write(text)
        seen.append(list(follower.poll()))

    assert [[piece.lines for piece in look] for look in seen] == [[], [("a",)], [("bc",)], [], [("",)]]
    assert [piece.lines for piece in follower.rest()] == [("d",)]
    assert list(follower.rest()) == []


# All of them


@pytest.mark.parametrize("kind", LOG_KINDS)
def test_a_piece_that_nobody_took_is_given_again(kind: str, moto: Any, clients: Clients, tmp_path: Path) -> None:
    address = write_log(kind, moto, tmp_path, "a", "b")
    follower = logs.open_follower(clients, LogSource("stdout", kind, address))

    interrupted = follower.poll()
    first = next(interrupted)
    del interrupted

    assert [first.lines, *(piece.lines for piece in follower.poll())] == [("a", "b"), ("a", "b")]
    assert list(follower.poll()) == []


@pytest.mark.parametrize("kind", LOG_KINDS)
def test_a_piece_that_was_taken_is_not_given_again_although_the_next_was_never_asked_for(
    kind: str, moto: Any, clients: Clients, tmp_path: Path
) -> None:
    address = write_log(kind, moto, tmp_path, "a", "b")
    follower = logs.open_follower(clients, LogSource("stdout", kind, address))

    interrupted = follower.poll()
    next(interrupted).taken()
    del interrupted

    assert list(follower.poll()) == []


@pytest.mark.parametrize("kind", ["s3", "file"])
def test_a_rest_that_was_taken_is_not_given_again_either(
    kind: str, moto: Any, clients: Clients, tmp_path: Path
) -> None:
    address = write_log(kind, moto, tmp_path, "a")
    follower = logs.open_follower(clients, LogSource("stdout", kind, address))
    assert [piece.lines for piece in follower.poll()] == [("a",)]
    if kind == "s3":
        moto("s3").put_object(Bucket="logs", Key="out", Body=b"a\nb")
    else:
        (tmp_path / "out").write_bytes(b"a\nb")
    assert list(follower.poll()) == []

    interrupted = follower.rest()
    given = [next(interrupted).lines]
    del interrupted
    interrupted = follower.rest()
    last = next(interrupted)
    last.taken()
    del interrupted

    assert [*given, last.lines, *(piece.lines for piece in follower.rest())] == [("b",), ("b",)]


@pytest.mark.parametrize("lines", [(), ("a",)], ids=["empty", "with a line"])
@pytest.mark.parametrize("kind", LOG_KINDS)
def test_a_log_is_there_when_it_is_though_it_be_empty(
    kind: str, lines: tuple[str, ...], moto: Any, clients: Clients, tmp_path: Path
) -> None:
    if kind == "s3":
        moto("s3").create_bucket(Bucket="logs")
    address = {"s3": "s3://logs/out", "cloudwatch": "logs:out", "file": str(tmp_path / "out")}[kind]
    follower = logs.open_follower(clients, LogSource("stdout", kind, address))
    list(follower.poll())
    before = follower.is_there
    assert write_log(kind, moto, tmp_path, *lines) == address
    list(follower.poll())

    assert (before, follower.is_there) == (False, True)


def test_each_kind_has_its_follower(clients: Clients) -> None:
    kinds = {"s3": DRIVER, "cloudwatch": f"{GROUP}:{STREAM}", "file": "/x"}
    found = {
        kind: type(logs.open_follower(clients, LogSource("stdout", kind, address))) for kind, address in kinds.items()
    }
    assert found == {"s3": S3Follower, "cloudwatch": CloudWatchFollower, "file": FileFollower}
