"""JSON of EMR and Livy: configurations in the casing of EMR on EC2 or of jobs, whole requests, and the body of a Livy session."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets.classifications import (
    PARAMETERS_MAXIMUM_CHARACTERS,
    PROPERTIES_MAXIMUM,
    PROPERTY_MAXIMUM_CHARACTERS,
    Classification,
)
from spark_xacct.targets.files import spelling, submit_parameters
from spark_xacct.targets.files.classification_names import CORE_SITE, EMRFS_SITE, EXPORT, SPARK_DEFAULTS
from spark_xacct.targets.files.existing import Change, ExistingFile, FileRefused, Names, Place
from spark_xacct.targets.files.forms import CASINGS, EC2, JOBS, Casing, Form
from spark_xacct.targets.files.json_text import parsed, rewritten, texts_of, without_secrets
from spark_xacct.targets.files.spelling import Path, casing_in, casing_of, is_well_spelled, lists, text_of

_HADOOP_SITES = (CORE_SITE, EMRFS_SITE)
_MAGIC = re.compile(r"\s*%%configure[^\n]*\n")
_JOB_LIMITS = (PROPERTIES_MAXIMUM, PROPERTY_MAXIMUM_CHARACTERS)
_LIVY_KEYS = frozenset(
    [
        "file",
        "className",
        "kind",
        "pyFiles",
        "driverMemory",
        "driverCores",
        "executorMemory",
        "executorCores",
        "numExecutors",
        "proxyUser",
        "heartbeatTimeoutInSecond",
    ]
)
# Lists that Livy has members of its own for.
_LIVY_LISTS = {"spark.jars": "jars", "spark.submit.pyFiles": "pyFiles"}
SECURITY = "security configuration of EMR"
# What spark-submit of a job is told beside the classifications, and the member that holds it.
PARAMETERS = "sparkSubmitParameters"
_DRIVERS = ("sparkSubmitJobDriver", "sparkSubmit")
# What the members that settings are added to must be.
_SHAPES: Mapping[str, type] = {
    **dict.fromkeys(("Configurations", "configurations", "applicationConfiguration", "runtimeConfiguration"), list),
    **dict.fromkeys(("configurationOverrides", "jobDriver", *_DRIVERS, "conf", "Properties", "properties"), dict),
    PARAMETERS: str,
}
_KINDS: Mapping[type, str] = {list: "a list", dict: "an object", str: "text"}


@dataclass(frozen=True)
class EmrJson(ExistingFile):
    """Several places. Written anew it keeps order and indentation, not every blank."""

    data: Any = field(default=None, repr=False)
    before: str = ""

    def with_changes(self, changes: Iterable[Change], about: str) -> str:
        data = copy.deepcopy(self.data)
        by_place: dict[Path, tuple[Place, dict[str, str | None]]] = {}
        for change in changes:
            by_place.setdefault(_identity(change.place), (change.place, {}))[1][change.name] = change.value
        for place, values in by_place.values():
            _change(data, place, values)
            self._check_parameters(data, place)
        return self.before + rewritten(self.text[len(self.before) :], data)

    def _check_parameters(self, data: Any, place: Place) -> None:
        holder, key = _holder(data, place.path)
        length = len(holder[key]) if key == PARAMETERS else 0
        if length > PARAMETERS_MAXIMUM_CHARACTERS:
            raise TargetError(
                f"{self.name}: {place.where} would have {length:,} characters, and {PARAMETERS_MAXIMUM_CHARACTERS:,} is the limit; declare "
                "otherwise: deny, which needs one key for all buckets, or take a declaration with the buckets of this job only"
            )

    def unfit(self, form: Form | None) -> tuple[str, ...]:
        if self._is_livy:
            return ()
        whose = spelling.request_of(self.data)
        if form is not None and whose and form not in whose:
            services = " or ".join(one.service for one in whose)
            return (
                f"this is a request of {services}, and these settings are for {form.service}: it is left alone; name a request of "
                f"{form.service}, or the target of {services}",
            )
        casings = [one.casing for one in ([form] if form else self.forms) if one.casing is not None] or CASINGS
        known = frozenset(member for casing in casings for member in casing.members)
        return (
            *spelling.misspelled(self.data, form.casing if form else None),
            *spelling.misspelled_members(self.data, known),
        )

    @property
    def forms(self) -> tuple[Form, ...]:
        return (Form.LIVY,) if self._is_livy else spelling.forms(self.data)

    def masked(self, text: str) -> str:
        return self.before + rewritten(
            self.text[len(self.before) :], without_secrets(json.loads(text[len(self.before) :]))
        )

    def has(self, name: str, entry: str) -> bool:
        member = self.data.get(_LIVY_LISTS.get(name)) if self._is_livy else None
        return isinstance(member, list) and entry in member

    def new_place(self, names: Names, classification: str) -> Place | None:
        if names is Names.SPARK and self._is_livy:
            return Place("conf", Names.SPARK, {}, ("conf",))
        where = self._configurations()
        if where is None:
            return None
        path, casing = where
        most = _JOB_LIMITS if casing is JOBS else None
        return Place(f"{classification} of {text_of(path)}", names, {}, (*path, None), classification, most=most)

    @property
    def _is_livy(self) -> bool:
        return (
            isinstance(self.data, dict)
            and ("conf" in self.data or set(self.data) <= _LIVY_KEYS)
            and self._configurations() is None
        )

    def _configurations(self) -> tuple[Path, Casing] | None:
        """The list that classifications are added to; of a request without one, where it belongs."""
        found = next(lists(self.data), None)
        if found is not None:
            return found[0], casing_in(*found)
        if isinstance(self.data, dict) and isinstance(self.data.get("jobDriver"), dict):
            return ("configurationOverrides", "applicationConfiguration"), JOBS
        if _makes_a_cluster(self.data):
            return ("Configurations",), EC2
        return None


def read(name: str, text: str) -> EmrJson:
    """Raises FileRefused for what is no JSON, or JSON without settings."""
    magic = _MAGIC.match(text)
    before = magic.group(0) if magic else ""
    data = parsed(name, text[len(before) :])
    _check_shapes(name, data, ())
    places, remarks = _places(data), [*spelling.misspelled(data), *spelling.unknown_names(data)]
    file = EmrJson(name, _kind(data), text, tuple(places), tuple(remarks), _release(data), data, before)
    if places or remarks or role_mappings(data) or file.new_place(Names.SPARK, SPARK_DEFAULTS):
        return file
    if isinstance(data, dict) and casing_of(data):
        raise FileRefused(f"{name}: this is one classification, and EMR takes a list of them; put it into [ and ]")
    near = next(spelling.misspelled_members(data, EC2.members | JOBS.members), None)
    if near is not None:
        raise FileRefused(f"{name}: {near}")
    raise FileRefused(
        f"{name}: this JSON holds no settings that are known here: a list of classifications, a request with configurations or "
        "sparkSubmitParameters, a body of Livy with conf, or a CreateJob request of Glue"
    )


def _check_shapes(name: str, value: Any, path: Path) -> None:
    """Raises FileRefused for a member that we would add to and that is no list or object."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        wanted = _SHAPES.get(key) if isinstance(key, str) else None
        # Arguments of a step have Properties as well, and these are a list.
        if key in ("Properties", "properties") and not casing_of(value):
            wanted = None
        if wanted is not None and member is not None and not isinstance(member, wanted):
            raise FileRefused(f"{name}: {text_of((*path, key))} is not {_KINDS[wanted]}; mend it there")
        _check_shapes(name, member, (*path, key))


def role_mappings(data: Any) -> list[Mapping[str, Any]]:
    """EMRFS's role mappings in a security configuration, as it is written or as EMR gives it back.

    https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-create-security-configuration.html
    """
    if isinstance(data, dict) and isinstance(data.get("SecurityConfiguration"), str):
        try:
            data = json.loads(data["SecurityConfiguration"])
        except ValueError:
            return []
    for key in ("AuthorizationConfiguration", "EmrFsConfiguration", "RoleMappings"):
        data = data.get(key) if isinstance(data, dict) else None
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


# Where settings stand


def _places(data: Any) -> list[Place]:
    found: list[Place] = []
    for number, (path, items) in enumerate(lists(data)):
        found += _of_list(path, items, bool(number))
    for path, value in _values(data, ()):
        if path[-1] == "conf":
            found.append(Place(text_of(path), Names.SPARK, texts_of(value), path))
        elif path[-1] == PARAMETERS:
            settings = submit_parameters.settings(value)
            found.append(Place(text_of(path), Names.SPARK, settings, path, above=True, everywhere=True))
        else:
            # Steps alone are all that a request for a running cluster has.
            found.append(
                Place(text_of(path), Names.SPARK, submit_parameters.given(value), path, above=_makes_a_cluster(data))
            )
    return found


def _of_list(path: Path, items: list[Any], above: bool) -> Iterator[Place]:
    casing, seen = casing_in(path, items), set()
    most = _JOB_LIMITS if casing is JOBS else None
    for number, item in enumerate(items):
        if not is_well_spelled(item, casing):
            continue
        name, properties = item[casing.name], item.get(casing.properties)
        where = f"{name} of {text_of(path)}"
        below = (*path, number, casing.properties)
        for nested_number, nested in enumerate(item.get(casing.nested) or ()):
            if is_well_spelled(nested, casing) and nested[casing.name] == EXPORT:
                inside = (*path, number, casing.nested, nested_number, casing.properties)
                yield Place(
                    f"{EXPORT} of {where}", Names.ENVIRONMENT, texts_of(nested.get(casing.properties)), inside, name
                )
        if name == SPARK_DEFAULTS:
            yield Place(where, Names.SPARK, texts_of(properties), below, name, above or name in seen, most=most)
        elif name in _HADOOP_SITES:
            yield Place(where, Names.HADOOP, texts_of(properties), below, name, above or name in seen, most=most)
        else:
            yield Place(where, Names.OTHER, texts_of(properties), below, name, above or name in seen, most=most)
        seen.add(name)


def _values(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """What else holds settings of Spark: conf, parameters, arguments."""
    if isinstance(data, list):
        for number, item in enumerate(data):
            yield from _values(item, (*path, number))
        return
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        below = (*path, key)
        if (
            (key == "conf" and isinstance(value, dict))
            or (key == PARAMETERS and isinstance(value, str))
            or (
                key == "Args"
                and isinstance(value, list)
                and "spark-submit" in value
                and all(isinstance(item, str) for item in value)
            )
        ):
            yield below, value
        else:
            yield from _values(value, below)
        if key in _DRIVERS and isinstance(value, dict) and value.get(PARAMETERS) is None:
            yield (*below, PARAMETERS), ""


def _makes_a_cluster(data: Any) -> bool:
    """Whether this is a RunJobFlow request, whose steps find the settings of the cluster below their own."""
    return isinstance(data, dict) and bool({"Instances", "JobFlowRole", "Configurations"} & set(data))


# What is said about it


def _kind(data: Any) -> str:
    first = next(lists(data), None)
    if first is not None:
        return f"JSON of {casing_in(*first).title}"
    if role_mappings(data):
        return SECURITY
    if isinstance(data, dict) and (
        "jobDriver" in data or {"Steps", "HadoopJarStep"} & set(data) or _makes_a_cluster(data)
    ):
        return "JSON of EMR"
    return "JSON of Livy"


def _release(data: Any) -> str | None:
    for key in ("ReleaseLabel", "releaseLabel"):
        value = data.get(key) if isinstance(data, dict) else None
        if isinstance(value, str) and value:
            return value
    return None


# How it is changed


def _identity(place: Place) -> Path:
    return (*place.path, place.classification)


def _change(data: Any, place: Place, values: Mapping[str, str | None]) -> None:
    holder, key = _holder(data, place.path)
    if key is None:
        given = {name: value for name, value in values.items() if value is not None}
        made = Classification(place.classification, given)
        holder.append(made.for_jobs() if place.most else made.for_ec2())
        return
    there = holder.get(key) if isinstance(holder, dict) else holder[key]
    if isinstance(there, str) or key == PARAMETERS:
        holder[key] = submit_parameters.changed_text(there or "", values)
    elif isinstance(there, list):
        holder[key] = submit_parameters.changed_words(there, values)
    else:
        kept = {name: value for name, value in (there or {}).items() if values.get(name, "") is not None}
        holder[key] = {**kept, **{name: value for name, value in values.items() if value is not None}}


def _holder(data: Any, path: Path) -> tuple[Any, Any]:
    """What holds the last part of a path; what is missing on the way is made."""
    for part, after in zip(path, path[1:]):
        if isinstance(data, dict) and data.get(part) is None:
            data[part] = [] if after is None else {}
        data = data[part]
    return data, path[-1]
