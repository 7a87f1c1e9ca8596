"""Sessions, and frames that know of whoami's one job only. Python 3.7 syntax."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pyspark import ANSWERS, SUBMITTED, SparkContext


class Builder:
    """As SparkSession.builder: what was set, and a session of it."""

    def __init__(self) -> None:
        self._options: dict[str, str] = {}

    def config(self, name: str, value: str) -> Builder:
        self._options[name] = value
        return self

    def getOrCreate(self) -> SparkSession:
        if SparkContext._active_spark_context is None:
            settings = dict(SUBMITTED)
            settings.update(self._options)
            SparkContext._active_spark_context = SparkContext(settings)
        return SparkSession(SparkContext._active_spark_context)


class SparkSession:
    """A session of the active context."""

    def __init__(self, context: SparkContext) -> None:
        self.sparkContext = self._sc = context
        self.conf = SimpleNamespace(get=lambda name, default: context.settings.get(name, default))

    def range(self, *_: int) -> Frame:
        return Frame([])

    def stop(self) -> None:
        SparkContext._active_spark_context = None


class Frame:
    """Rows of a name, and of what one of the places answers for it."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def select(self, first: Any, second: Any = None) -> Frame:
        if second is None:
            return Frame([{"name": name} for name in first])
        return Frame([{"name": row["name"], "arn": ANSWERS[row["name"]][second]} for row in self.rows])

    def withColumn(self, name: str, value: Any) -> Frame:
        return Frame([dict(row, **{name: value}) for row in self.rows])

    def union(self, other: Frame) -> Frame:
        return Frame(self.rows + other.rows)

    def collect(self) -> list[dict[str, Any]]:
        return self.rows
