"""A target's settings joined with a file that is there, in the file's own format. Pure: what is read and written is text.

``start`` replaces a value that somebody else has set for a key of the plan, because a bucket is reached under its declared role or
not at all. A file is not started but shown to a person first, so here such a value stays and is named; ``replace`` says otherwise.
"""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_xacct import keys
from spark_xacct.errors import TargetError
from spark_xacct.existing.earlier_plan import EarlierPlan
from spark_xacct.existing.parts import check_form, modules_of_others, only_hadoop, parts, said_by_option, service_of
from spark_xacct.targets import files, legacy, releases, secrets
from spark_xacct.targets.files import Change, ExistingFile, FileRefused, Names, Place
from spark_xacct.targets.files.classification_names import EMRFS_SITE, SPARK_DEFAULTS
from spark_xacct.targets.files.glue_json import INSTALLER_OPTION
from spark_xacct.targets.merging import entries, merge
from spark_xacct.targets.registry import Rendered
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import How, Setting

ADDED_BY = "added by spark-xacct"
# Plan and plugin first: what does not fit is a bucket's.
_BY_BUCKET = keys.SPARK_HADOOP_PREFIX + "fs.s3"


@dataclass(frozen=True)
class MergedFile:
    """What became of a file. ``text`` has everything in it and is for the file only: print ``diff`` or ``data``.

    ``log``: a line for each change. ``conflicts``: what keeps the plan from its effect until a person has decided. ``notes``: what
    a person may want to know. ``legacy``: settings of the file that do nothing on this release.
    """

    file: ExistingFile
    rendered: Rendered
    text: str = field(repr=False)
    log: tuple[str, ...]
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]
    legacy: tuple[str, ...]

    @property
    def diff(self) -> str:
        """The unified difference for people, without secrets; empty where nothing changes."""
        before, after = self.file.masked(self._unchanged), self.file.masked(self.text)
        after_name = f"{self.file.name} with plan {self.rendered.settings.plan.id}"
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), self.file.name, after_name, lineterm="")
        return "\n".join(lines)

    @property
    def data(self) -> dict[str, Any]:
        """JSON-able, without secrets."""
        shown = self.file.masked(self.text)
        return {
            "target": self.rendered.target.name,
            "release": self.rendered.settings.release.name,
            "plan": self.rendered.settings.plan.id,
            "file": self.file.name,
            "kind": self.file.kind,
            "merged": json.loads(shown) if shown.lstrip().startswith(("{", "[")) else shown,
            "log": list(self.log),
            "conflicts": list(self.conflicts),
            "notes": list(self.notes),
            "legacy": list(self.legacy),
        }

    @property
    def _unchanged(self) -> str:
        """The file as it is written where nothing changes: only what is different shall be seen."""
        return self.file.with_changes((), ADDED_BY)


def merge_into(file: ExistingFile, rendered: Rendered, replace: bool = False) -> MergedFile:
    """The file with the target's settings in it. Raises FileRefused for a file that cannot hold them, TargetError past a limit.

    ``replace``: whether values of others are replaced where the plan needs the key.
    """
    check_form(file, rendered)
    # What was read in another casing, or for another service, cannot be told from what was not meant: nothing is joined with it.
    unfit = file.unfit(service_of(rendered))
    work = _Work(file, rendered, replace)
    if unfit:
        work.notes, work.conflicts = [], [f"{file.name}: {line}" for line in unfit]
        return work.result()
    for names, classification, ours in parts(file, rendered):
        if names is Names.SPARK:
            work.merge_spark(ours)
        else:
            work.merge_below(names, classification, ours)
    work.check_layers()
    work.notes += _not_held(file, rendered)
    work.conflicts += _other_release(file, rendered)
    return work.result()


# Joining


class _Work:
    """What is found out about one file, place by place."""

    def __init__(self, file: ExistingFile, rendered: Rendered, replace: bool) -> None:
        self._file, self._rendered, self._replace = file, rendered, replace
        self._said_by_option = said_by_option(rendered)
        self.changes: list[Change] = []
        self.log: list[str] = []
        self.conflicts: list[str] = []
        self._earlier = EarlierPlan(file, rendered)
        self.notes = [*(f"{file.name}: {remark}" for remark in file.remarks), *self._earlier.notes]
        # By what leads to it, the settings of each place as they will be; and what goes into Hadoop's own files.
        self._after: dict[tuple[object, ...], Mapping[str, str]] = {}
        self._below: list[tuple[Place, list[Setting]]] = []

    def result(self) -> MergedFile:
        return MergedFile(
            self._file,
            self._rendered,
            self._file.with_changes(self.changes, ADDED_BY),
            tuple(self.log),
            tuple(dict.fromkeys(self.conflicts)),
            tuple(dict.fromkeys(self.notes)),
            tuple(legacy.found(self._file, self._rendered.settings)),
        )

    def merge_spark(self, ours: list[Setting]) -> None:
        places = self._file.of(Names.SPARK)
        mains = [place for place in places if not place.above] or [self._new(Names.SPARK, SPARK_DEFAULTS)]
        above = [place for place in places if place.above]
        # Several steps for a running cluster are as many command lines.
        for main in mains:
            self._merge_spark(main, above, ours)

    def _merge_spark(self, main: Place, above: list[Place], ours: list[Setting]) -> None:
        # Without a word of Spark's own, Hadoop's files count; above them all stands what a command line says.
        lower = self._of_others_below({setting.name: setting for setting in ours})
        parameters = next((place for place in above if place.everywhere), None)
        elsewhere = {name for place in above if place.everywhere for name in place.settings} - set(main.settings)
        wanted = {setting.name: setting.value for setting in ours if setting.name not in elsewhere}
        by_option = self._said_by_option & set(wanted) if parameters else frozenset()
        own = self._join(main, [one for one in ours if one.name in wanted], lower, new=set(wanted) - by_option)
        settings = {**lower, **own}
        # What somebody has set otherwise below is a conflict there, and is not passed over from above.
        said = {name for name in by_option if own.get(name, wanted[name]) == wanted[name]}
        for place in above:
            if place is parameters:
                self._join(place, ours, {name: settings[name] for name in settings if name not in said}, new=said)
            else:
                self._join(place, ours, settings, new=())
        if not parameters:
            self._tell_of_options(main, ours)
        self._check_limits(main, parameters)

    def _tell_of_options(self, main: Place, ours: list[Setting]) -> None:
        names = [setting.name for setting in ours if setting.name in self._said_by_option]
        if names:
            self.notes.append(
                f"{self._at(main)}: {', '.join(names)}: {self._rendered.target.name} gives this to a job run in sparkSubmitParameters, which this "
                "file does not have; say it there as well"
            )

    def _of_others_below(self, wanted: Mapping[str, Setting]) -> dict[str, str]:
        """What Hadoop's files say and ours does not override: lists that ours would hide, defaults that ours gives way to."""
        result = {}
        for place in self._file.of(Names.HADOOP):
            own = self._earlier.left_in(place)
            stripped = dict(self._earlier.without_hooks(place.settings, ()))
            for name, value in {**place.settings, **stripped}.items():
                setting = wanted.get(keys.SPARK_HADOOP_PREFIX + name)
                if value and name not in own and (setting is None or setting.how is not How.SET):
                    result[keys.SPARK_HADOOP_PREFIX + name] = value
        return result

    def merge_below(self, names: Names, classification: str, ours: list[Setting]) -> None:
        """Hadoop's own files, and whatever else a target needs of a platform."""
        places = [
            place for place in self._file.of(names) if not classification or place.classification == classification
        ]
        main = next((place for place in places if not place.above), None) or self._new(names, classification)
        self._join(main, ours, {})
        for place in places:
            if place.above:
                self._join(place, ours, main.settings, new=())
        self._check_limits(main, None)
        # EMRFS reads a file of its own.
        if names is Names.HADOOP and classification != EMRFS_SITE:
            self._below.append((main, ours))

    def _new(self, names: Names, classification: str) -> Place:
        place = self._file.new_place(names, classification)
        if place is None:
            raise FileRefused(
                f"{self._file.name}: {self._file.kind} has no place for settings; name spark-defaults.conf, core-site.xml, or the JSON "
                "of configurations or a request"
            )
        return place

    def _join(
        self, place: Place, ours: list[Setting], below: Mapping[str, str], new: Collection[str] | None = None
    ) -> dict[str, str]:
        """Joins ours with one place over what stands below it. Gives the settings of the place as they will be.

        ``new``: which settings the place may get that it does not have, None for all.
        """
        wanted = {setting.name: setting for setting in ours}
        own = self._earlier.left_in(place)
        there = {name: value for name, value in place.settings.items() if name not in own or name in wanted}
        for name, value in list(self._earlier.without_hooks(there, wanted)):
            if value:
                there[name] = value
                self._change(place, name, value, f"took ours out of {name} (left from an earlier plan)")
            else:
                del there[name]
        prefix = keys.SPARK_HADOOP_PREFIX if place.names is Names.SPARK else ""
        merged = merge({**below, **there}, ours, prefix)
        result = dict(there)
        for name in (name for name in place.settings if name not in there):
            self._change(place, name, None, f"took out {name} (left from an earlier plan)")
        for name, value in merged.changed.items():
            if name not in there and (not value or (new is not None and name not in new)):
                continue
            line = merged.lines[name]
            foreign = name in merged.replaced and name in there and name not in own
            if foreign:
                shown = f"{name} is {secrets.shown(name, there[name])}"
                if not self._replace:
                    self.conflicts.append(
                        f"{self._at(place)}: {shown} and stays; the plan needs {wanted[name].value} ({wanted[name].reason}); take it "
                        "out, or say --replace"
                    )
                    continue
                line = f"replaced {name}, which was {secrets.shown(name, there[name])} ({wanted[name].reason})"
            if value:
                result[name] = value
                self._change(place, name, value, line)
            else:
                result.pop(name, None)
                self._change(place, name, None, f"took out {name} (a part of an older plan)")
        self.notes += [
            f"{self._at(place)}: {line}"
            for line in merged.conflicts
            if line.startswith(tuple(f"{name} " for name in merged.kept))
        ]
        self.conflicts += [
            f"{self._at(place)}: {line}" for line in merged.conflicts[len(merged.replaced) + len(merged.kept) :]
        ]
        self._after[_identity(place)] = result
        return result

    def _change(self, place: Place, name: str, value: str | None, line: str) -> None:
        self.changes.append(Change(place, name, value))
        self.log.append(f"{self._at(place)}: {line}")

    def check_layers(self) -> None:
        """Spark's own settings win over Hadoop's files, also where they are of others or of an earlier plan."""
        for place, (main, ours) in itertools.product(self._file.of(Names.SPARK), self._below):
            after = self._after.get(_identity(place), place.settings)
            for setting in ours:
                name = keys.SPARK_HADOOP_PREFIX + setting.name
                there = after.get(name, setting.value)
                if there != setting.value and not set(entries(setting.value)) <= set(entries(there)):
                    self.conflicts.append(
                        f"{self._at(place)}: {name} is {secrets.shown(name, there)} and wins over {main.where}, where the plan needs "
                        f"{secrets.shown(name, setting.value)} ({setting.reason}); take it out"
                    )

    def _check_limits(self, place: Place, other: Place | None) -> None:
        """Moves what does not fit into the parameters, where there are some. Raises TargetError where there are none."""
        if place.most is None:
            return
        number, length = place.most
        mine = [change for change in self.changes if change.place is place and change.value is not None]
        gone = {change.name for change in self.changes if change.place is place and change.value is None}
        new = sorted((change for change in mine if change.name not in place.settings), key=_bucket_last)
        long = [change for change in mine if len(change.value or "") > length]
        for change in long:
            if change not in new or other is None:
                raise TargetError(
                    f"{self._at(place)}: {change.name} would have {len(change.value or ''):,} characters, and {length:,} is the limit; put "
                    "it into sparkSubmitParameters of the request"
                )
        fitting = [change for change in new if change not in long]
        room = max(number - len([name for name in place.settings if name not in gone]), 0)
        over = [*long, *fitting[room:]]
        if over and other is None:
            raise TargetError(
                f"{self._at(place)}: there would be {len(place.settings) - len(gone) + len(new):,} properties, and {number:,} is the limit; "
                "name a request with sparkSubmitParameters, declare otherwise: deny, which needs one key for all buckets, or take a "
                "declaration with the buckets of this job only"
            )
        if other is not None:
            self.changes = [Change(other, one.name, one.value) if one in over else one for one in self.changes]

    def _at(self, place: Place) -> str:
        return self._file.name if place.where == self._file.name else f"{self._file.name}: {place.where}"


def _identity(place: Place) -> tuple[object, ...]:
    """Of two classifications that a list does not have yet, both lead to its end."""
    return (*place.path, place.classification)


def _bucket_last(change: Change) -> bool:
    return change.name.startswith(_BY_BUCKET)


# What a person should know


def _not_held(file: ExistingFile, rendered: Rendered) -> Iterator[str]:
    modules = ", ".join(modules_of_others(file, rendered))
    if modules:
        yield (
            f"{file.name}: {INSTALLER_OPTION} --no-deps was left out, as it would hold for {modules} too: what the wheel of spark-xacct depends "
            "on is installed with it"
        )
    if file.kind != files.HADOOP_XML or only_hadoop(rendered) is not None:
        return
    names = ", ".join(setting.name for setting in rendered.settings.spark_only)
    if names:
        yield f"{file.name}: {file.kind} cannot hold Spark's own settings ({names}); take render spark-defaults for these"


def _other_release(file: ExistingFile, rendered: Rendered) -> Iterator[str]:
    """A request for one release with the settings of another: what differs is who serves S3 and what it can read."""
    release = rendered.settings.release
    if file.release is None or file.release == release.name:
        return
    try:
        named = releases.resolve(file.release)
    except TargetError as error:
        yield f"{file.name}: {error}"
        return
    if _needs(named) != _needs(release):
        yield f"{file.name}: it names {named.name}, and these settings are for {release.name}; say --release {named.name}"


def _needs(release: Release) -> tuple[object, ...]:
    connectors = tuple(connector.name for connector in release.connectors)
    return (
        connectors,
        {scheme: item.name for scheme, item in release.schemes.items()},
        release.hadoop,
        release.has_plugins,
    )
