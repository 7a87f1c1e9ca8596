"""The demo's own reading of what the lab saw and of what Spark said: no lab runs here."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from spark_xacct.lab import LabError, demo
from spark_xacct.lab.call_log import Call
from spark_xacct.lab.demo import Reached, Refused

HUB = "arn:aws:iam::111122223333:role/hub"
READER = "arn:aws:iam::444455556666:role/reader"
WRITER = "arn:aws:iam::777788889999:role/writer"
AS_READER = "arn:aws:sts::444455556666:assumed-role/reader/run-1-ana"
AS_WRITER = "arn:aws:sts::777788889999:assumed-role/writer/xacct-run-1"
AS_HUB = "arn:aws:sts::111122223333:assumed-role/hub/xacct-run-1"
JVM, PYTHON = "Hadoop 3.4.1, aws-sdk-java/2.25", "Boto3/1.35 md/Botocore#1.35"
GOOD = (
    Reached("partner-data", (HUB, READER), (AS_READER,), ()),
    Reached("partner-out", (WRITER,), (AS_WRITER,), ()),
    Reached("queue events", (HUB, READER), (), (AS_READER,)),
)


def call(who: str | None, user_agent: str, status: int = 200) -> Call:
    return Call(1, 0.0, "s3", "GetObject", status, who=who, user_agent=user_agent)


@pytest.mark.parametrize(
    ("calls", "jvm", "python"),
    [
        ([], (), ()),
        ([call(AS_READER, JVM), call(AS_READER, JVM), call(AS_READER, PYTHON)], (AS_READER,), (AS_READER,)),
        ([call(AS_READER, "aws-sdk-java/1.12"), call(AS_READER, "boto3/1.26")], (AS_READER,), (AS_READER,)),
        ([call(AS_READER, JVM), call(AS_HUB, JVM)], (AS_HUB, AS_READER), ()),
        ([call(AS_HUB, JVM, 403), call(AS_READER, JVM, 206)], (AS_READER,), ()),
        ([call(AS_READER, "curl/8")], (), ()),
        ([call(None, PYTHON)], (), ("None",)),
    ],
    ids=["nobody", "both", "older agents", "two in the JVM", "refused", "neither", "unsigned"],
)
def test_who_came_is_told_by_agent(calls: list[Call], jvm: tuple[str, ...], python: tuple[str, ...]) -> None:
    assert demo._told("partner-data", (HUB, READER), calls) == Reached("partner-data", (HUB, READER), jvm, python)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"partner-data": {"jvm": ()}}, False),
        ({"queue events": {"python": ()}}, False),
        ({"partner-out": {"jvm": ()}}, False),
        ({"partner-data": {"jvm": (AS_HUB, AS_READER)}}, False),
        ({"partner-out": {"jvm": (AS_HUB, AS_WRITER)}}, False),
        ({"queue events": {"python": (AS_READER.replace("run-1", "run-2"),)}}, False),
        ({"partner-data": {"jvm": (AS_HUB,)}, "queue events": {"python": (AS_HUB,)}}, False),
        ({"partner-out": {"jvm": (AS_HUB,)}}, False),
    ],
    ids=[
        "one session of the last role",
        "nobody read",
        "nobody sent",
        "nobody wrote",
        "two read",
        "two wrote",
        "another run in Python",
        "both are the hub",
        "the hub wrote",
    ],
)
def test_whether_jvm_and_workers_were_one_session(changed: dict[str, dict[str, Any]], same: bool) -> None:
    assert demo._same_session(tuple(replace(item, **changed.get(item.name, {})) for item in GOOD)) is same


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("java.io.X: y NoAuthWithAWSException: bucket stranger is not declared", ("bucket stranger is not declared", True)),
        ("bucket stranger is not declared", ("bucket stranger is not declared", True)),
        ("read 200 rows", ("read 200 rows", False)),
        (None, ("no answer", False)),
    ],
    ids=["of Java", "bare", "it was read", "nothing was said"],
)  # fmt: skip
def test_a_refusal_holds_when_it_says_why(words: str | None, expected: tuple[str, bool]) -> None:
    answers = {} if words is None else {"s3a://stranger/": words}

    found = demo._refused(answers, "s3a://stranger/", "a stranger's bucket", "the plan", "is not declared")

    assert found == Refused("a stranger's bucket", "the plan", *expected)


@pytest.mark.parametrize(
    ("version", "line"), [("3.5.9", "3.5"), ("4.0.1", "4.0"), ("4.1.0", "4.1"), ("4.2.0", "4"), ("4.3.0.dev1", "4")]
)
def test_the_line_is_that_of_the_pyspark_found(version: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", SimpleNamespace(__version__=version))

    assert demo.default_line() == line


def test_without_pyspark_the_demo_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)

    with pytest.raises(LabError) as refusal:
        demo.default_line()

    assert str(refusal.value) == f"pyspark is not installed in {os.path.dirname(sys.executable)}; pip install pyspark"
