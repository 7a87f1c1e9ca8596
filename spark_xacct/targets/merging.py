"""Our settings joined with those that are there: read, append, set, log. A guest does not throw out the host's things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from spark_xacct import keys
from spark_xacct.targets.assumed_role import PROVIDER as ASSUMED_ROLE
from spark_xacct.targets.job import is_placeholder
from spark_xacct.targets.setting import How, Setting

# Lists that others put entries into as well: never replaced, whatever a setting says.
LISTS = frozenset(
    {
        "spark.archives",
        "spark.extraListeners",
        "spark.files",
        "spark.jars",
        "spark.jars.packages",
        "spark.plugins",
        "spark.plugins.defaultList",
        "spark.sql.extensions",
        "spark.submit.pyFiles",
        "spark.yarn.dist.archives",
        "spark.yarn.dist.files",
        "spark.yarn.dist.jars",
    }
)
_PLAN_PART = re.compile(r"^(?:.*\.)?(fs\.xacct\.plan(?:\.\d+)?|SPARK_XACCT_PLAN(?:_\d+)?)$")
# How the names of our classes begin.
OURS = "io.sparkxacct."
_S3_FILE_SYSTEM = re.compile(r"(?:^|\.)fs\.s3n?\.impl\Z")
_OUR_JAR = re.compile(r"(?:^|/)spark-xacct-[^/]*\.jar$")
_SECRET = re.compile(
    r"secret|password|token|encryption\.key|access\.key|account\.key|api[._-]?key|private[._-]?key|\.sas\.",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Patterns:
    """What settings mean by their names, which have a prefix in Spark and none in Hadoop's own files."""

    provider: re.Pattern[str]
    # Classes that S3A calls at every request: of all buckets, or of one, whose list then stands in place of that of all.
    hooks: re.Pattern[str]
    # With it S3A leaves aws.credentials.provider aside.
    delegation: re.Pattern[str]


@lru_cache(maxsize=None)
def _patterns(prefix: str) -> _Patterns:
    hadoop = re.escape(prefix)
    return _Patterns(
        re.compile(
            rf"^{hadoop}fs\.s3(?:a\.(?:bucket\.(?P<s3a>.+)\.)?aws\.credentials\.provider|\.(?:bucket\.(?P<s3>.+)\.)?customAWSCredentialsProvider)$"
        ),
        re.compile(
            rf"^(?P<all>{hadoop}fs\.s3a\.)(?:bucket\..+\.)?(?P<list>audit\.(?:execution\.interceptors|request\.handlers))$"
        ),
        re.compile(rf"^{hadoop}fs\.s3a\.(?:bucket\..+\.)?delegation\.token\.binding$"),
    )


@dataclass(frozen=True)
class Merged:
    """``settings``: everything; ``changed``: what must be set for that; ``lines``: by the same names, a line for people on each.

    ``conflicts``: what somebody else had set otherwise, or has set so that it works against the plan; each is a line for
    people. A value of a key that the plan owns is replaced, because a bucket is reached under its declared role or not at
    all; the conflict shows both. ``replaced`` are the names of these, ``kept`` of those of others that ours gave way to, which
    is a conflict too and harmless.
    """

    settings: Mapping[str, str]
    changed: Mapping[str, str]
    lines: Mapping[str, str]
    conflicts: tuple[str, ...]
    replaced: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def log(self) -> tuple[str, ...]:
        return tuple(self.lines.values())


def merge(existing: Mapping[str, str], ours: Iterable[Setting], prefix: str = keys.SPARK_HADOOP_PREFIX) -> Merged:
    """Puts ``ours`` into ``existing``, both by full name. Merging twice is merging once.

    ``prefix`` is what stands before the names of Hadoop's settings: that of Spark, or nothing in Hadoop's own files.
    """
    settings = {setting.name: setting for setting in ours}
    for name in _parts_of_an_older_plan(existing, settings):
        # A builder cannot take a key away, and an empty part adds nothing to the text.
        settings.setdefault(name, Setting(name, "", "a part of an older plan"))
    changed: dict[str, str] = {}
    lines: dict[str, str] = {}
    conflicts: list[str] = []
    replaced: list[str] = []
    kept: list[str] = []
    hooks = _patterns(prefix).hooks
    for name, setting in settings.items():
        there = existing.get(name) or _of_all_buckets(hooks.match(name), existing)
        value, line = setting.value, f"set {name} = {_shown(name, setting.value)} ({setting.reason})"
        if setting.how is How.APPEND or name in LISTS or hooks.match(name):
            value, line = _joined(setting, there)
        elif there and there != value and setting.how is How.WHERE_UNSET:
            # What ours leaves for somebody to fill in is filled in.
            if not is_placeholder(value):
                conflicts.append(f"{name} stays {there}: it was set before, and {value} is only our default")
                kept.append(name)
            continue
        elif there and there != value and not _is_own(name, there):
            conflicts.append(
                f"{name} was {_shown(name, there)}; the plan needs {_shown(name, value)} ({setting.reason})"
            )
            replaced.append(name)
        if there != value:
            changed[name] = value
            lines[name] = line
    conflicts += _against(existing, settings, _patterns(prefix))
    return Merged({**existing, **changed}, changed, lines, tuple(conflicts), tuple(replaced), tuple(kept))


def entries(value: str | None) -> list[str]:
    """The entries of a list setting, in order."""
    return [entry.strip() for entry in (value or "").split(",") if entry.strip()]


def _joined(setting: Setting, there: str | None) -> tuple[str, str]:
    present = entries(there)
    missing = [entry for entry in dict.fromkeys(entries(setting.value)) if entry not in present]
    if not missing:
        return there or "", ""
    kept = f" after {len(present)} of others" if present else ""
    line = f"appended {','.join(missing)} to {setting.name}{kept} ({setting.reason})"
    return ",".join(present + missing), line


def _of_all_buckets(hook: re.Match[str] | None, existing: Mapping[str, str]) -> str | None:
    """What serves as a bucket's list of hooks where it has none; its own must hold those of others too."""
    return existing.get(hook.group("all") + hook.group("list")) if hook else None


def _parts_of_an_older_plan(existing: Mapping[str, str], settings: Mapping[str, Setting]) -> list[str]:
    # A running driver does not set what its own environment was made of, and the same plan may stand there.
    ours = {(_part(name), setting.value) for name, setting in settings.items()}
    return [name for name, value in existing.items() if value and _part(name) and (_part(name), value) not in ours]


def _part(name: str) -> str | None:
    """Which part of a plan a setting carries, whatever it is a setting of; None where it carries none."""
    match = _PLAN_PART.match(name)
    return match.group(1) if match else None


def _is_own(name: str, value: str) -> bool:
    """Whether what is there comes from an earlier plan of ours, which a newer one replaces without a word."""
    return "xacct" in name.lower() or value.startswith(OURS)


def _against(existing: Mapping[str, str], settings: Mapping[str, Setting], patterns: _Patterns) -> list[str]:
    found = []
    is_global = any(match and not _bucket(match) for match in map(patterns.provider.match, settings))
    for name, value in existing.items():
        if name in settings or not value:
            continue
        match = patterns.provider.match(name)
        if match and _bucket(match) and is_global and not value.startswith(OURS):
            found.append(
                f"{name} = {value} stays: bucket {_bucket(match)} is served by it and not by the plan; take it out"
            )
        elif match and value.startswith(OURS):
            where = f"bucket {_bucket(match)}" if _bucket(match) else "every bucket"
            found.append(
                f"{name} stays from an earlier plan: {where} is refused unless the plan declares it; take it out"
            )
        elif patterns.delegation.match(name):
            found.append(
                f"{name} = {value} stays: S3A then asks the delegation token and not the plan's provider; take it out"
            )
    if any(setting.value == ASSUMED_ROLE for setting in settings.values()):
        found += [
            f"{name} = {value} stays: s3:// is EMRFS then, which does not ask Hadoop's provider; take it out, or take flavour shim"
            for name, value in existing.items()
            if _S3_FILE_SYSTEM.search(name) and value.endswith("EmrFileSystem")
        ]
    for name in ("spark.jars", "spark.submit.pyFiles"):
        jars = [entry for entry in entries(existing.get(name)) if _OUR_JAR.search(entry)]
        others = [jar for jar in jars if name in settings and jar not in entries(settings[name].value)]
        if others:
            found.append(f"{name} holds {others[0]} as well: of two versions the first one wins; take it out")
    return found


def _bucket(match: re.Match[str]) -> str | None:
    return match.group("s3a") or match.group("s3")


def _shown(name: str, value: str) -> str:
    if _SECRET.search(name):
        return f"({len(value)} characters, not shown)"
    if _PLAN_PART.match(name):
        return f"({len(value)} characters)"
    return value
