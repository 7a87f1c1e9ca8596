"""Releases: which connector serves which scheme, by threshold. A release never has one connector: its schemes have.

The rows are in ``releases.json``: data, so that a new label is a line there. A row holds from its version upwards within its
family; a version newer than the last row takes the last row and says so.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets import connectors, installed, packaged
from spark_xacct.targets.connectors import EMRFS, S3A_V1, S3A_V2, Connector

# "emr-7.10.0", "emr-spark-8.0.0", with the prefixes and suffixes that EMR on EKS and notebooks put around them.
# No "--" in what follows the version: labels stand in comments of XML, which cannot hold it.
_LABEL = re.compile(
    r"^(?:notebook-spark/|livy/)?(?P<family>emr-spark|emr)-(?P<major>[0-9]{1,4})\.(?P<minor>[0-9]{1,4})\.[0-9]{1,4}"
    r"(?:-[A-Za-z0-9._]+)*\Z"
    r"|^(?P<spark>spark)-(?P<spark_major>[0-9]{1,4})(?:\.(?P<spark_minor>[0-9]{1,4}))?(?:\.[0-9]{1,4})?\Z"
    r"|^(?P<glue>glue)-(?P<glue_major>[0-9]{1,4})\.(?P<glue_minor>[0-9]{1,4})\Z"
)
_UNKNOWN = "unknown"
# EMR for Spark began with this major version.
_FIRST_OF_SPARK = 8
# Labels that lack a part.
_MEANT = (
    (re.compile(r"^((?:notebook-spark/|livy/)?emr(?:-spark)?-[0-9]+\.[0-9]+)\Z"), "{0}.0"),
    (re.compile(r"^([0-4](?:\.[0-9]+){0,2})\Z"), "spark-{0}"),
    (re.compile(r"^([5-9]\.[0-9]+)(?:\.[0-9]+)?\Z"), "emr-{0}.0"),
)
# Shown in help and errors: thresholds of Spark's own releases that differ in what is rendered.
_SHOWN_SPARK = ("spark-3.3", "spark-3.5", "spark-4")


@dataclass(frozen=True)
class Release:
    """One release. ``schemes``: what serves each by default. ``also``: connectors it can be switched to.

    ``maps_s3``: s3:// and s3n:// have no file system of their own here, so S3A is named for them where nothing else is.
    ``sdk``: version of each AWS SDK for Java, None where it has none; ``unknown_sdk``: those that no source names or denies.
    ``spark``: its version, empty where it is not known. ``global_only``: connectors whose per-bucket provider key no source
    knows on this release. ``jar``, ``class_path``, ``sources``, ``unverified`` are for people.
    """

    name: str
    hadoop: tuple[int, ...]
    schemes: Mapping[str, Connector]
    also: tuple[Connector, ...] = ()
    unknown_sdk: frozenset[str] = frozenset()
    maps_s3: bool = False
    notes: tuple[str, ...] = ()
    family: str = ""
    spark: tuple[int, ...] = ()
    python: tuple[str, ...] = ()
    java: tuple[str, ...] = ()
    sdk: Mapping[str, str | None] | None = None
    global_only: frozenset[str] = frozenset()
    jar: str = ""
    class_path: str = ""
    sources: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()

    @property
    def connectors(self) -> tuple[Connector, ...]:
        """Every connector whose keys are written, each once: the other scheme must not land on the node's role."""
        found = {connector.name: connector for connector in (*self.default_connectors, *self.also)}
        return tuple(found.values())

    @property
    def default_connectors(self) -> tuple[Connector, ...]:
        """The connectors that serve a scheme unless somebody switches, each once."""
        return tuple({connector.name: connector for connector in self.schemes.values()}.values())

    @property
    def has_plugins(self) -> bool:
        """Whether Spark can load our plugin: spark.plugins came with Spark 3.0 (SPARK-29397)."""
        return not self.spark or self.spark >= (3, 0)

    @property
    def hadoop_text(self) -> str:
        return ".".join(map(str, self.hadoop))


@dataclass(frozen=True)
class _Family:
    label: str
    rows: tuple[tuple[tuple[int, int], Mapping[str, Any]], ...]
    sources: Mapping[str, str]

    def label_of(self, version: tuple[int, int]) -> str:
        return self.label.format(*version)

    def row(self, name: str, version: tuple[int, int]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """The row that holds, and what to tell people about it. Raises TargetError below the oldest row of a major version."""
        since = [row_since for row_since, _ in self.rows]
        # A major version older than the table's last one has rows of its own, and takes none of the one before.
        of_major = [one for one in since if one[0] == version[0]]
        fitting = [one for one in (of_major if version[0] <= since[-1][0] else since) if one <= version]
        if not fitting:
            oldest = next((one for one in since if one > version), since[0])
            raise TargetError(f"release {name} is too old; the oldest that is known is {self.label_of(oldest)}")
        notes: tuple[str, ...] = ()
        if version > since[-1]:
            last = self.label_of(since[-1])
            notes = (f"release {name} is newer than this table; it is taken for {last} and later",)
        return dict(self.rows)[fitting[-1]], notes


@lru_cache(maxsize=None)
def _families() -> Mapping[str, _Family]:
    data = json.loads(packaged.text("targets/releases.json"))
    return {
        name: _Family(family["label"], tuple(_inherited(family["rows"])), data["sources"])
        for name, family in data["families"].items()
    }


def _inherited(rows: list[dict[str, Any]]) -> Iterator[tuple[tuple[int, int], Mapping[str, Any]]]:
    whole: dict[str, Any] = {}
    for row in rows:
        whole = {**whole, **row}
        major, minor = _numbers(row["since"])
        yield (major, minor), dict(whole)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


_registered: dict[str, Release] = {}


def register(release: Release) -> Release:
    """Adds a release under its own name, before every threshold."""
    _registered[release.name] = release
    return release


def unregister(name: str) -> None:
    _registered.pop(name, None)


def names() -> list[str]:
    """The names to show: one for each row, and what was registered. ``resolve`` takes every version in between too."""
    return [
        *_SHOWN_SPARK,
        *(name for family in _families() if family != "spark" for name in _labels(family)),
        *sorted(_registered),
    ]


def _labels(family: str) -> list[str]:
    found = _families()[family]
    return [found.label_of(since) for since, _ in found.rows]


def known() -> str:
    """The names for an error: the ends of each family, not every row."""
    ends = [labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}" for labels in map(_labels, _families())]
    return ", ".join([*ends, *sorted(_registered)])


def resolve(name: str | None, found: Callable[[], Release] | None = None) -> Release:
    """The release of this name; None is the pyspark found here. Raises TargetError that names what is known."""
    if name is None:
        return (found or found_here)()
    if name in _registered:
        return _registered[name]
    label = _LABEL.match(name)
    if label is None:
        raise TargetError(f'release "{name}" is not known; {_instead_of(name)}')
    family = label["family"] or label["spark"] or label["glue"]
    major = label["major"] or label["spark_major"] or label["glue_major"]
    minor = label["minor"] or label["spark_minor"] or label["glue_minor"] or "0"
    row, notes = _families()[family].row(name, (int(major), int(minor)))
    if family == "emr" and int(major) >= _FIRST_OF_SPARK:
        notes = (*notes, f"what comes after EMR 7 is called emr-spark-{_FIRST_OF_SPARK}.0.0")
    return _release(name, family, row, notes)


def _instead_of(name: str) -> str:
    """What somebody may have meant, or the names that there are."""
    for pattern, meant in _MEANT:
        found = pattern.match(name)
        if found is not None:
            return f"write {meant.format(*found.groups())}"
    return f"known are {known()}"


def _release(name: str, family: str, row: Mapping[str, Any], notes: tuple[str, ...]) -> Release:
    s3, s3a = (connectors.named(row[scheme]) for scheme in ("s3", "s3a"))
    sources = _families()[family].sources
    return Release(
        name,
        _numbers(row["hadoop"]),
        {"s3": s3, "s3n": s3, "s3a": s3a},
        also=tuple(map(connectors.named, row.get("switchable_to", ()))),
        maps_s3=family == "spark",
        notes=notes,
        family=family,
        spark=_numbers(row["spark"]),
        python=tuple(row["python"]),
        java=tuple(row["java"]),
        sdk={line: None if row[f"sdk_{line}"] == _UNKNOWN else row[f"sdk_{line}"] for line in ("v1", "v2")},
        unknown_sdk=frozenset(line for line in ("v1", "v2") if row[f"sdk_{line}"] == _UNKNOWN),
        global_only=frozenset(row.get("global_only", ())),
        jar=row["jar"],
        class_path=row["class_path"],
        sources=tuple(sources[source] for source in row["source"]),
        unverified=tuple(row.get("unverified", ())),
    )


def per_bucket_since(connector: str) -> str:
    """The oldest EMR label on which a source shows the per-bucket provider key of this connector."""
    family = _families()["emr"]
    return next(family.label_of(since) for since, row in family.rows if connector not in row.get("global_only", ()))


def found_here() -> Release:
    """The pyspark that this Python would import: read from its files, not imported. Raises TargetError without one."""
    pyspark = installed.find(spark_home=os.environ.get("SPARK_HOME"))
    if pyspark is None:
        raise TargetError(
            "no pyspark is installed here, so the release is not known; say --release spark-3.5, spark-4 or an EMR label"
        )
    return _release_of(pyspark)


def running(spark_version: str, hadoop_version: str) -> Release:
    """The release that a live JVM says it is. Raises TargetError for what is no version."""
    found = installed.running(spark_version, hadoop_version)
    if found is None:
        raise TargetError(f'Spark "{spark_version}" with Hadoop "{hadoop_version}" is not a release that is known')
    return _release_of(found)


def _release_of(pyspark: installed.InstalledPyspark) -> Release:
    release = resolve(f"spark-{pyspark.version}")
    if pyspark.hadoop is not None and pyspark.hadoop != release.hadoop:
        # A Spark built with another Hadoop: its own jar decides.
        connector = S3A_V2 if pyspark.hadoop >= (3, 4, 0) else S3A_V1
        release = replace(release, hadoop=pyspark.hadoop, schemes=dict.fromkeys(("s3a", "s3", "s3n"), connector))
    if pyspark.is_emr:
        # Which label this is cannot be seen here, so EMRFS may serve s3:// or may not: its keys, and no mapping.
        release = replace(release, also=(EMRFS,), maps_s3=False)
    return release


def table() -> list[dict[str, str]]:
    """The rows of the releases page: release, versions, who serves each scheme, and what nobody here has run."""
    labels = [name for family in _families() for name in _labels(family)]
    return [_table_row(release) for release in map(resolve, [*labels, *sorted(_registered)])]


def _table_row(release: Release) -> dict[str, str]:
    sdk = release.sdk or {}
    return {
        "release": release.name,
        "spark": ".".join(map(str, release.spark)),
        "hadoop": release.hadoop_text,
        **{scheme: release.schemes[scheme].title for scheme in ("s3", "s3a", "s3n") if scheme in release.schemes},
        "also": ", ".join(connector.title for connector in release.also),
        "sdk": ", ".join(
            f"{line} {version or 'unknown'}" for line, version in sdk.items() if version or line in release.unknown_sdk
        ),
        "python": " to ".join(dict.fromkeys((release.python[0], release.python[-1]))) if release.python else "",
        "java": ", ".join(release.java),
        "jar": release.jar,
        "class_path": release.class_path,
        "sources": " ".join(release.sources),
        "unverified": "; ".join(release.unverified),
    }
