"""What whoami found, as people and programs read it."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from spark_xacct.access import identities
from spark_xacct.access.identities import Identities, Identity
from spark_xacct.model import Arn

READER = "arn:aws:iam::444455556666:role/team/reader"
SESSION = "arn:aws:sts::444455556666:assumed-role/reader/run-1-anna"
OTHER = "arn:aws:sts::444455556666:assumed-role/writer/run-1-anna"
NODE = "arn:aws:sts::111122223333:assumed-role/reader/i-0123"
USER = "arn:aws:iam::111122223333:user/sam"


@pytest.mark.parametrize(
    ("declared", "found", "wrong"),
    [
        (READER, SESSION, False),
        (READER, OTHER, True),
        pytest.param(READER, NODE, True, id="a role of that name in another account"),
        pytest.param(READER, "arn:aws-cn:sts::444455556666:assumed-role/reader/x", True, id="another partition"),
        pytest.param(READER, "hop 1 of 2 refused by STS: AccessDenied", True, id="no ARN at all"),
        pytest.param(READER, "-", False, id="not asked"),
        (USER, USER, False),
        (USER, NODE, True),
        pytest.param(
            "arn:aws:iam::111122223333:user/reader", NODE, True, id="a role of the user's name in the same account"
        ),
        pytest.param(
            READER, "arn:aws:sts::444455556666:federated-user/reader", True, id="a federated user of the role's name"
        ),
        pytest.param(
            "base identity",
            "arn:aws:sts::444455556666:assumed-role/reader/x",
            True,
            id="a base that is a role of the plan",
        ),
        pytest.param("base identity", NODE, False, id="the declaration does not say who the base is"),
        pytest.param("base identity", "no credentials", True, id="a base that has no credentials"),
    ],
)
def test_a_place_is_wrong_when_aws_answers_somebody_else(declared: str, found: str, wrong: bool) -> None:
    row = Identity("partner-data", declared, ("-", found, "-"), (Arn.parse(READER),))
    assert row.wrong == (("executor JVM",) if wrong else ())


@pytest.mark.parametrize(
    ("places", "wrong"),
    [
        ((NODE, NODE, NODE), ()),
        ((NODE, NODE.replace("i-0123", "i-4567"), "-"), ()),
        ((USER, USER, USER), ()),
        ((NODE, NODE, NODE.replace("reader", "other")), ("driver JVM", "executor JVM", "Python worker")),
        ((NODE, "-", NODE.replace("111122223333", "777788889999")), ("driver JVM", "Python worker")),
        ((USER, USER.replace("sam", "ana"), "-"), ("driver JVM", "executor JVM")),
        ((NODE, "no credentials", "-"), ("executor JVM",)),
    ],
)
def test_a_base_that_nobody_has_declared_is_the_same_in_all_places(
    places: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    assert Identity("scratch", "base identity", places).wrong == wrong


@pytest.mark.parametrize("places", [(NODE, NODE), (NODE, NODE, NODE, NODE)], ids=["one too few", "one too many"])
def test_each_place_has_one_answer(places: tuple[str, ...]) -> None:
    with pytest.raises(ValueError) as raised:
        Identity("scratch", "base identity", places)
    assert str(raised.value) == f"{len(places)} answers, and 3 places: driver JVM, executor JVM, Python worker"


FOUND = Identities(
    "c3a67534da81",
    (
        Identity("partner-data", READER, (SESSION, SESSION, NODE)),
        Identity("boto3.client()", READER, ("-", "-", SESSION)),
    ),
)


def test_the_table_marks_what_is_not_as_declared() -> None:
    assert str(FOUND).splitlines() == [
        f"bucket          {'declared':<{len(READER)}}  {'driver JVM':<{len(SESSION)}}  {'executor JVM':<{len(SESSION)}}  Python worker",
        f"partner-data    {READER}  {SESSION}  {SESSION}  {NODE} (not as declared)",
        f"boto3.client()  {READER}  {'-':<{len(SESSION)}}  {'-':<{len(SESSION)}}  {SESSION}",
    ]


def test_programs_get_the_same_as_json() -> None:
    assert json.loads(FOUND.to_json()) == {
        "plan": "c3a67534da81",
        "as_declared": False,
        "identities": [
            {
                "bucket": "partner-data",
                "declared": READER,
                "driver_jvm": SESSION,
                "executor_jvm": SESSION,
                "python_worker": NODE,
                "wrong": ["Python worker"],
            },
            {
                "bucket": "boto3.client()",
                "declared": READER,
                "driver_jvm": "-",
                "executor_jvm": "-",
                "python_worker": SESSION,
                "wrong": [],
            },
        ],
    }


def test_html_is_escaped() -> None:
    found = Identities("c3a67534da81", (Identity("<b>", READER, ("-", "-", "a < b")),))
    assert "<td>&lt;b&gt;</td>" in found._repr_html_()
    assert "a &lt; b" in found._repr_html_()


# Where a job of workers fails

REFUSAL = (
    "spark-xacct: role partner (python.default_role) cannot be the identity of Python workers on host w1: "
    "AWS_ACCESS_KEY_ID is set"
)
NOTICE = (
    "spark-xacct: role partner (python.default_role) is the identity of Python workers here; taken out: AWS_PROFILE"
)
LOST = "Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times, most recent failure: Lost task 0.0 in stage 1.0"
DAEMON_3_5 = f"""An error occurred while calling o72.collectToPython.
: org.apache.spark.SparkException: {LOST} (TID 1) (w1 executor 1): org.apache.spark.SparkException:{" "}
Error from python worker:
  {NOTICE}
  {REFUSAL}
PYTHONPATH was:
  /spark/python/lib/pyspark.zip
org.apache.spark.SparkException: EOFException occurred while reading the port number from daemon's stdout.
\tat org.apache.spark.api.python.PythonWorkerFactory.startDaemon(PythonWorkerFactory.scala:300)

Driver stacktrace:
\tat org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2898)
Caused by: java.lang.ExceptionInInitializerError: other
"""
ONE_WORKER_4 = f"""
  An exception was thrown from the Python worker. Please see the stack trace below.
{REFUSAL}
"""
TRACEBACK_3_5 = """
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "/spark/python/pyspark/serializers.py", line 192, in _read_with_length
    return self.loads(obj)
ModuleNotFoundError: No module named 'spark_xacct'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/spark/python/pyspark/worker.py", line 1240, in main
    raise SerializationError("Error: " + "Caused by " + str(e))
pyspark.serializers.SerializationError: Caused by Traceback (most recent call last)
"""
CONNECT_4 = """[UDF_USER_CODE_ERROR.GENERIC] Execution of function failed:
Traceback (most recent call last):
  File "/spark/python/worker.py", line 7, in main
ModuleNotFoundError: No module named 'spark_xacct'
. SQLSTATE: 39000

JVM stacktrace:
org.apache.spark.api.python.PythonException
\tat org.apache.spark.api.python.BasePythonRunner.handle(PythonRunner.scala:600)
Caused by: java.lang.NoClassDefFoundError: other
"""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param(DAEMON_3_5, REFUSAL, id="a daemon that refuses, Spark 3.5"),
        pytest.param(ONE_WORKER_4, REFUSAL, id="a single worker that refuses, Spark 4"),
        pytest.param(
            TRACEBACK_3_5,
            "pyspark.serializers.SerializationError: Caused by Traceback (most recent call last)",
            id="the last of two exceptions, Spark 3.5",
        ),
        pytest.param(CONNECT_4, "ModuleNotFoundError: No module named 'spark_xacct'", id="an exception, Spark 4"),
        pytest.param("no slots\nsecond line", "no slots", id="no Python in it"),
        pytest.param("", "Exception", id="no text"),
    ],
)
def test_a_failure_of_workers_is_told_in_python_s_own_line(text: str, cause: str) -> None:
    assert identities._cause(Exception(text)) == cause


class SparkFailure(Exception):
    """Of pyspark, whatever it is called there."""


class FakeFrame:
    """Of a job: the JVM answers, and workers fail where they are asked."""

    def __init__(self, failure: Exception, asks_workers: bool = False) -> None:
        self.failure, self.asks_workers = failure, asks_workers

    def select(self, *columns: Any) -> FakeFrame:
        return FakeFrame(self.failure, "python" in columns)

    def withColumn(self, *_: Any) -> FakeFrame:
        return self

    def union(self, other: FakeFrame) -> FakeFrame:
        return FakeFrame(self.failure, other.asks_workers)

    def collect(self) -> list[dict[str, Any]]:
        if self.asks_workers:
            raise self.failure
        return [{"name": name, "arn": arn, "place": 0} for name, arn in (("partner", SESSION), ("@base", NODE))]


class FakeColumn(str):
    def alias(self, _: str) -> FakeColumn:
        return self


def fake_pyspark(monkeypatch: pytest.MonkeyPatch, **modules: Any) -> None:
    """``modules``: by name, with "_" for a dot; None for one that this release has not."""
    functions = SimpleNamespace(
        lit=str,
        array=lambda *_: "array",
        explode=FakeColumn,
        expr=FakeColumn,
        udf=lambda *_: lambda _: FakeColumn("python"),
    )
    sql = ModuleType("pyspark.sql")
    sql.functions = functions  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name.replace("_", "."), module)


@pytest.mark.parametrize(
    "modules",
    [
        pytest.param(
            {"pyspark_errors": None, "pyspark_sql_utils": SimpleNamespace(CapturedException=SparkFailure)},
            id="Spark 3.3",
        ),
        pytest.param({"pyspark_errors": SimpleNamespace(PySparkException=SparkFailure)}, id="Spark 4"),
    ],
)
@pytest.mark.parametrize("py4j", [None, SimpleNamespace(Py4JError=KeyError)], ids=["no py4j", "py4j"])
def test_the_jvm_s_answers_are_shown_where_workers_fail(
    monkeypatch: pytest.MonkeyPatch, modules: dict[str, Any], py4j: Any
) -> None:
    fake_pyspark(monkeypatch, py4j_protocol=py4j, **modules)
    session = SimpleNamespace(range=lambda *_: FakeFrame(SparkFailure(DAEMON_3_5)))
    assert identities._asked_by_a_job(session, ["@base", "partner"]) == (
        {"partner": SESSION, "@base": NODE},
        {"partner": REFUSAL, "@base": REFUSAL},
    )
