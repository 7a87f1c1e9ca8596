"""Who is who in a running application: each bucket's identity in the driver's JVM, in an executor's, and in a Python worker."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from spark_xacct import keys
from spark_xacct.aws.caller import PLAIN, caller
from spark_xacct.aws.caller_arn import is_caller, without_session
from spark_xacct.errors import SparkStartError
from spark_xacct.model import AccessMap, Arn
from spark_xacct.plan import Plan, from_settings

WHO_AM_I = "io.sparkxacct.WhoAmI"
PLACES = ("driver JVM", "executor JVM", "Python worker")
NOT_ASKED = "-"
UNDECLARED_BASE = "base identity"

# With which a Python daemon begins its refusal.
OURS = "spark-xacct: "
_ERROR = re.compile(r"[A-Za-z_][\w.]*Error: ")


@dataclass(frozen=True)
class Identity:
    """One bucket (or ``boto3.client()``), the identity that the plan gives it, and who it really is in each of PLACES.

    A place holds the ARN that AWS answers, or one line that says why there is none, or "-" where it cannot be asked.
    """

    bucket: str
    declared: str
    places: tuple[str, ...]
    # Of the plan: a base identity that base.arn does not name is none of them.
    roles: tuple[Arn, ...] = ()

    def __post_init__(self) -> None:
        if len(self.places) != len(PLACES):
            raise ValueError(f"{len(self.places)} answers, and {len(PLACES)} places: {', '.join(PLACES)}")

    @property
    def by_place(self) -> Mapping[str, str]:
        """What each of PLACES holds, by its name."""
        return dict(zip(PLACES, self.places))

    @property
    def wrong(self) -> tuple[str, ...]:
        """The places whose answer is not the declared identity; where nobody has declared it, all that disagree."""
        return tuple(
            place for place, found in self.by_place.items() if found != NOT_ASKED and not self._is_right(found)
        )

    def _is_right(self, found: str) -> bool:
        if self.declared != UNDECLARED_BASE:
            return is_caller(found, Arn.parse(self.declared))
        others = {without_session(place) for place in self.places if place.startswith("arn:")}
        return others == {without_session(found)} and not any(is_caller(found, role) for role in self.roles)


@dataclass(frozen=True)
class Identities:
    """What ``whoami`` found. ``str()`` is a table; Jupyter shows it as one."""

    plan_id: str
    rows: tuple[Identity, ...]

    @property
    def are_as_declared(self) -> bool:
        return not any(row.wrong for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "plan": self.plan_id,
            "as_declared": self.are_as_declared,
            "identities": [
                {
                    "bucket": row.bucket,
                    "declared": row.declared,
                    **{place.replace(" ", "_").lower(): found for place, found in row.by_place.items()},
                    "wrong": list(row.wrong),
                }
                for row in self.rows
            ],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2)

    def _cells(self) -> list[tuple[str, ...]]:
        header = ("bucket", "declared", *PLACES)
        return [header, *((row.bucket, row.declared, *_marked(row)) for row in self.rows)]

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
        lines = ["  ".join(f"{cell:<{widths[column]}}" for column, cell in enumerate(row)).rstrip() for row in cells]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        header, *rows = self._cells()
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        return f"<table><tr>{head}</tr>{body}</table>"


def whoami(session: Any, expected: Plan | None = None) -> Identities:
    """Asks AWS in each place, by one small job. ``expected``: the plan that must be in force.

    Works on a SparkSession and on a Spark Connect client, where the driver's JVM cannot be asked. Raises SparkStartError
    where no plan, or another one, is in force.
    """
    plan = _plan_of(session)
    if plan is None:
        raise SparkStartError("no plan is in force in this application; start it with spark_xacct.start()")
    if expected is not None and expected.id != plan.id:
        raise SparkStartError(f"{plan.about} is in force, and {expected.about} was asked for")
    names = _names(plan.access_map)
    driver = _driver_jvm(session)
    in_driver = {name: driver(name) if driver and name != PLAIN else NOT_ASKED for name in names}
    in_executor, in_worker = _asked_by_a_job(session, names)
    found = {
        name: (
            in_driver[name],
            NOT_ASKED if name == PLAIN else in_executor[name],
            in_worker[name] if _python_may_ask(plan.access_map, name) else NOT_ASKED,
        )
        for name in names
    }
    roles = tuple(role.arn for role in plan.access_map.roles.values())

    def row(bucket: str, role: str | None, places: tuple[str, ...]) -> Identity:
        return Identity(bucket, _declared(plan.access_map, role), places, roles)

    rows = [
        row(binding.key, binding.role, found[binding.role or keys.TARGET_BASE]) for binding in plan.access_map.bindings
    ]
    rows += [row(own.text, None, found[keys.TARGET_BASE]) for own in plan.access_map.own]
    if PLAIN in found:
        rows.append(row(PLAIN, plan.access_map.python_default_role, found[PLAIN]))
    return Identities(plan.id, tuple(rows))


def _plan_of(session: Any) -> Plan | None:
    settings: dict[str, str] = {}
    number = 1
    # A Connect client cannot list settings.
    while True:
        name = keys.SPARK_HADOOP_PREFIX + keys.plan_part(keys.PLAN, number, ".")
        value = session.conf.get(name, None)
        if value is None:
            return from_settings(settings, keys.SPARK_HADOOP_PREFIX)
        settings[name] = value
        number += 1


def _names(access_map: AccessMap) -> list[str]:
    """What is asked for: each role that serves a bucket, the base identity if one does, and plain boto3 if it has a role."""
    names = {binding.role or keys.TARGET_BASE for binding in access_map.bindings}
    if access_map.own:
        names.add(keys.TARGET_BASE)
    return sorted(names) + ([PLAIN] if access_map.python_default_role is not None else [])


def _python_may_ask(access_map: AccessMap, name: str) -> bool:
    return name in access_map.python_roles or name in (keys.TARGET_BASE, PLAIN)


def _declared(access_map: AccessMap, role: str | None) -> str:
    if role is not None:
        return str(access_map.roles[role].arn)
    return str(access_map.base.arn) if access_map.base.arn is not None else UNDECLARED_BASE


def _driver_jvm(session: Any) -> Callable[[str], str] | None:
    """None on a Connect client."""
    context = getattr(session, "_sc", None)
    if context is None:
        return None
    who = context._jvm.io.sparkxacct.WhoAmI
    return lambda name: str(who.caller(name))


def _asked_by_a_job(session: Any, names: list[str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """By name, who an executor's JVM is and who a Python worker is."""
    from pyspark.sql import functions

    listed = functions.array(*(functions.lit(name) for name in names))
    rows = session.range(0, 1, 1, 1).select(functions.explode(listed).alias("name"))
    by_jvm = rows.select("name", functions.expr(f"java_method('{WHO_AM_I}', 'caller', name)").alias("arn"))
    by_python = rows.select("name", functions.udf(caller, "string")("name").alias("arn"))
    try:
        found = (
            by_jvm.withColumn("place", functions.lit(0))
            .union(by_python.withColumn("place", functions.lit(1)))
            .collect()
        )
    except _failures() as error:
        # The JVM's answer is worth having without the workers'.
        found = by_jvm.withColumn("place", functions.lit(0)).collect()
        return _by_name(found, 0), dict.fromkeys(names, _cause(error))
    return _by_name(found, 0), _by_name(found, 1)


def _failures() -> tuple[type[Exception], ...]:
    """What a failed job raises, classic and Connect; a pure Connect client has no py4j."""
    try:
        from pyspark.errors import PySparkException as SparkFailure
    except ImportError:  # before Spark 3.4
        from pyspark.sql.utils import CapturedException as SparkFailure

    try:
        from py4j.protocol import Py4JError
    except ImportError:
        return (SparkFailure,)
    return (SparkFailure, Py4JError)


def _by_name(rows: list[Any], place: int) -> Mapping[str, str]:
    return {row["name"]: row["arn"] for row in rows if row["place"] == place}


def _cause(error: Exception) -> str:
    """What happened in Python; Spark's own lines stand before and after it, and the JVM tells it more than once.

    A daemon of ours that refuses says it in one sentence; else it is the last line of a traceback.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    refusals = [line[line.index(OURS) :] for line in lines if OURS in line]
    named = [line for line in lines if _ERROR.match(line)]
    return (refusals or named or lines[:1] or [type(error).__name__])[-1]


def _marked(row: Identity) -> tuple[str, ...]:
    return tuple(
        f"{found} (not as declared)" if place in row.wrong and found.startswith("arn:") else found
        for place, found in row.by_place.items()
    )
