"""Releases: which connector serves which scheme, by threshold. A release never has one connector: its schemes have.

A row holds from its version upwards; a version newer than the last row takes the last row and says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from spark_xacct.errors import TargetError
from spark_xacct.targets import installed
from spark_xacct.targets.connectors import EMRFS, S3A_V1, S3A_V2, Connector

# https://docs.aws.amazon.com/emr/latest/ReleaseGuide/ : "emr-7.10.0", "emr-spark-8.0.0", with the prefixes and suffixes
# that EMR on EKS and notebooks put around them.
# No "--" in what follows the version: labels stand in comments of XML, which cannot hold it.
_EMR_LABEL = re.compile(
    r"^(?:notebook-spark/|livy/)?emr-(spark-)?([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})(?:-[A-Za-z0-9._]+)*\Z"
)
_SPARK_RELEASE = re.compile(r"^spark-([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:\.[0-9]{1,4})?\Z")


@dataclass(frozen=True)
class Release:
    """One release. ``schemes``: what serves each by default. ``also``: connectors it can be switched to.

    ``maps_s3``: s3:// and s3n:// have no file system of their own here, so S3A is named for them where nothing else is.
    """

    name: str
    hadoop: tuple[int, ...]
    schemes: Mapping[str, Connector]
    also: tuple[Connector, ...] = ()
    maps_s3: bool = False
    notes: tuple[str, ...] = ()

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
    def hadoop_text(self) -> str:
        return ".".join(map(str, self.hadoop))


@dataclass(frozen=True)
class Row:
    """A threshold: from ``since`` upwards a family's releases look like this."""

    since: tuple[int, ...]
    hadoop: tuple[int, ...]
    schemes: Mapping[str, Connector]
    also: tuple[Connector, ...] = ()


def _all_s3a(connector: Connector) -> Mapping[str, Connector]:
    return {"s3a": connector, "s3": connector, "s3n": connector}


def _emrfs_beside(connector: Connector) -> Mapping[str, Connector]:
    return {"s3": EMRFS, "s3n": EMRFS, "s3a": connector}


# Hadoop client of the PySpark packages on PyPI.
SPARK = (
    Row((3, 3), (3, 3, 2), _all_s3a(S3A_V1)),
    Row((3, 4), (3, 3, 4), _all_s3a(S3A_V1)),
    Row((4, 0), (3, 4, 1), _all_s3a(S3A_V2)),
    Row((4, 1), (3, 4, 2), _all_s3a(S3A_V2)),
    Row((4, 2), (3, 5, 0), _all_s3a(S3A_V2)),
)
# https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-s3a-migrate.html : S3A for all schemes from 7.10 on, and back
# to EMRFS by fs.s3.impl. The per-bucket provider key of EMRFS was seen on 6.15 first.
EMR = (
    Row((6, 15), (3, 3, 6), _emrfs_beside(S3A_V1)),
    Row((7, 4), (3, 4, 0), _emrfs_beside(S3A_V2)),
    Row((7, 8), (3, 4, 1), _emrfs_beside(S3A_V2)),
    Row((7, 10), (3, 4, 1), _all_s3a(S3A_V2), also=(EMRFS,)),
)
EMR_SPARK = (Row((8, 0), (3, 4, 2), _all_s3a(S3A_V2)),)

_registered: dict[str, Release] = {}


def register(release: Release) -> Release:
    """Adds a release under its own name, before every threshold."""
    _registered[release.name] = release
    return release


def unregister(name: str) -> None:
    _registered.pop(name, None)


def names() -> list[str]:
    """The names to show: one for each row, and what was registered. ``resolve`` takes every version in between too."""
    shown = ["spark-3.3", "spark-3.5", "spark-4"]
    shown += ["emr-{}.{}.0".format(*row.since) for row in EMR]
    shown += ["emr-spark-{}.{}.0".format(*row.since) for row in EMR_SPARK]
    return shown + sorted(_registered)


def resolve(name: str | None, found: Callable[[], Release] | None = None) -> Release:
    """The release of this name; None is the pyspark found here. Raises TargetError that names what is known."""
    if name is None:
        return (found or found_here)()
    if name in _registered:
        return _registered[name]
    spark = _SPARK_RELEASE.match(name)
    if spark:
        row, notes = _row(name, SPARK, (int(spark.group(1)), int(spark.group(2) or 0)), "spark-{}.{}")
        return Release(name, row.hadoop, row.schemes, row.also, maps_s3=True, notes=notes)
    emr = _EMR_LABEL.match(name)
    if emr:
        rows, shape = (EMR_SPARK, "emr-spark-{}.{}.0") if emr.group(1) else (EMR, "emr-{}.{}.0")
        row, notes = _row(name, rows, (int(emr.group(2)), int(emr.group(3))), shape)
        return Release(name, row.hadoop, row.schemes, row.also, notes=notes)
    raise TargetError(f'release "{name}" is not known; known are {", ".join(names())} and versions between them')


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
        release = replace(release, hadoop=pyspark.hadoop, schemes=_all_s3a(connector))
    if pyspark.is_emr:
        # Which label this is cannot be seen here, so EMRFS may serve s3:// or may not: its keys, and no mapping.
        release = replace(release, also=(EMRFS,), maps_s3=False)
    return release


def table() -> list[dict[str, str]]:
    """The rows of the releases page: release, Hadoop, and who serves each scheme."""
    return [
        {
            "release": release.name,
            "hadoop": release.hadoop_text,
            **{scheme: release.schemes[scheme].title for scheme in ("s3", "s3a", "s3n") if scheme in release.schemes},
            "also": ", ".join(connector.title for connector in release.also),
        }
        for release in map(resolve, names())
    ]


def _row(name: str, rows: tuple[Row, ...], version: tuple[int, int], shape: str) -> tuple[Row, tuple[str, ...]]:
    older = [row for row in rows if row.since <= version]
    if not older:
        raise TargetError(f"release {name} is too old; the oldest that is known is {shape.format(*rows[0].since)}")
    notes: tuple[str, ...] = ()
    if version[0] > rows[-1].since[0]:
        notes = (f"release {name} is newer than this table; it is taken for {shape.format(*rows[-1].since)} and later",)
    return older[-1], notes
