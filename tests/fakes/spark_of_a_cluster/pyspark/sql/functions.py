"""Columns: a list of names, or the number of the place that answers. Python 3.7 syntax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Names(list):
    def alias(self, _: str) -> Names:
        return self


class Place(int):
    def alias(self, _: str) -> Place:
        return self


def lit(value: Any) -> Any:
    return value


def array(*names: str) -> Names:
    return Names(names)


def explode(names: Names) -> Names:
    return names


def expr(_: str) -> Place:
    """The one expression that is asked: who an executor's JVM is."""
    return Place(1)


def udf(function: Callable[[str], str], _: str) -> Callable[[str], Place]:
    """The one function that workers run: who they are. It must be one that they can import."""
    assert function.__module__ == "spark_xacct.aws.caller", function
    return lambda _: Place(2)
