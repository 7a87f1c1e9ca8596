"""What several files say together, in Hadoop's names: which value counts, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from spark_xacct.targets import secrets
from spark_xacct.targets.files import ExistingFile, Names, Place


@dataclass(frozen=True)
class Value:
    """A value and where it stands, for people."""

    text: str
    at: str


@dataclass
class Values:
    """Hadoop's settings by name, and the variables that drivers and executors get. ``remarks`` tell what does not agree."""

    hadoop: dict[str, Value] = field(default_factory=dict)
    driver: dict[str, Value] = field(default_factory=dict)
    executor: dict[str, Value] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """The value of a setting of Hadoop's; None where it is missing or empty."""
        value = self.hadoop.get(name)
        return value.text.strip() or None if value is not None else None

    def at(self, name: str) -> str:
        """Where it stands and what it is called, to begin a line with."""
        value = self.hadoop.get(name)
        return f"{value.at}: {name}" if value is not None else name


def of(files: Iterable[ExistingFile]) -> Values:
    """Hadoop's own files first, Spark's above them, then what a command line says; of two equals the later file counts."""
    result = Values()
    places = [(file, place) for file in files for place in file.places]
    for file, place in sorted(places, key=lambda item: _rank(item[1])):
        at = file.name if place.where == file.name else f"{file.name}: {place.where}"
        for name, text in place.hadoop().items():
            _put(result, result.hadoop, name, Value(text, at))
        for name, text, is_executor in _variables(place):
            _put(result, result.executor if is_executor else result.driver, name, Value(text, at))
    return result


def _rank(place: Place) -> int:
    return (0 if place.names is Names.HADOOP else 1) + place.above


def _variables(place: Place) -> Iterator[tuple[str, str, bool]]:
    if place.names is Names.ENVIRONMENT:
        for name, text in place.settings.items():
            yield name, text, True
            yield name, text, False
        return
    for name, text in place.settings.items():
        # spark.executorEnv, spark.yarn.appMasterEnv, spark.kubernetes.driverEnv, spark.emr-serverless.driverEnv
        before, separator, variable = name.partition("Env.")
        if separator and name.startswith("spark."):
            yield variable, text, before.endswith("executor")


def _put(values: Values, into: dict[str, Value], name: str, value: Value) -> None:
    there = into.get(name)
    if there is not None and there.text != value.text and there.at != value.at:
        values.remarks.append(
            f"{name} is {secrets.shown(name, there.text)} in {there.at} and {secrets.shown(name, value.text)} in {value.at}: the "
            "latter counts"
        )
    into[name] = value
