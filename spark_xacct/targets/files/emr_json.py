"""JSON of EMR and Livy: configurations in the casing of EMR on EC2 or of jobs, whole requests, and the body of a Livy session."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Tuple

from spark_xacct.targets import secrets
from spark_xacct.targets.classifications import PROPERTIES_MAXIMUM, PROPERTY_MAXIMUM_CHARACTERS, Classification
from spark_xacct.targets.files import classification_names, submit_parameters
from spark_xacct.targets.files.classification_names import CORE_SITE, EMRFS_SITE, EXPORT, SPARK_DEFAULTS
from spark_xacct.targets.files.existing import Change, ExistingFile, FileRefused, Names, Place

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
SECURITY = "security configuration of EMR"

Path = Tuple[Any, ...]


@dataclass(frozen=True)
class _Casing:
    """How a service spells the three keys of a classification: https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-configure-apps.html"""

    title: str
    name: str
    properties: str
    nested: str

    @property
    def keys(self) -> set[str]:
        return {self.name, self.properties, self.nested}


# What the members that settings are added to must be.
_SHAPES: Mapping[str, type] = {
    **dict.fromkeys(("Configurations", "configurations", "applicationConfiguration", "runtimeConfiguration"), list),
    **dict.fromkeys(
        ("configurationOverrides", "jobDriver", "sparkSubmitJobDriver", "conf", "Properties", "properties"), dict
    ),
}
_DEEPEST = 100
_EC2 = _Casing("EMR on EC2", "Classification", "Properties", "Configurations")
_JOBS = _Casing("EMR on EKS and Serverless", "classification", "properties", "configurations")
# Where the key above the list says whose it is.
_CASING_OF_KEY = {"Configurations": _EC2, "applicationConfiguration": _JOBS, "runtimeConfiguration": _JOBS}


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
        return self._written(data)

    def masked(self, text: str) -> str:
        return self._written(without_secrets(json.loads(text[len(self.before) :])))

    def new_place(self, names: Names, classification: str) -> Place | None:
        if names is Names.SPARK and self._is_livy:
            return Place("conf", Names.SPARK, {}, ("conf",))
        where = self._configurations()
        if where is None:
            return None
        path, casing = where
        most = _JOB_LIMITS if casing is _JOBS else None
        return Place(f"{classification} of {_text(path)}", names, {}, (*path, None), classification, most=most)

    @property
    def _is_livy(self) -> bool:
        return (
            isinstance(self.data, dict)
            and ("conf" in self.data or set(self.data) <= _LIVY_KEYS)
            and self._configurations() is None
        )

    def _configurations(self) -> tuple[Path, _Casing] | None:
        """The list that classifications are added to; of a request without one, where it belongs."""
        found = next(_lists(self.data, ()), None)
        if found is not None:
            return found[0], _casing(*found)
        if isinstance(self.data, dict) and isinstance(self.data.get("jobDriver"), dict):
            return ("configurationOverrides", "applicationConfiguration"), _JOBS
        if _makes_a_cluster(self.data):
            return ("Configurations",), _EC2
        return None

    def _written(self, data: Any) -> str:
        body = self.text[len(self.before) :]
        end = body[len(body.rstrip()) :]
        return self.before + json.dumps(data, indent=_indent(body), ensure_ascii=body.isascii()) + end


def read(name: str, text: str) -> EmrJson:
    """Raises FileRefused for what is no JSON, or JSON without settings."""
    magic = _MAGIC.match(text)
    before = magic.group(0) if magic else ""
    data = parsed(name, text[len(before) :])
    _check_shapes(name, data, ())
    places, remarks = _places(data), list(_remarks(data))
    file = EmrJson(name, _kind(data), text, tuple(places), tuple(remarks), _release(data), data, before)
    if places or remarks or role_mappings(data) or file.new_place(Names.SPARK, SPARK_DEFAULTS):
        return file
    if isinstance(data, dict) and _casing_of(data):
        raise FileRefused(f"{name}: this is one classification, and EMR takes a list of them; put it into [ and ]")
    raise FileRefused(
        f"{name}: this JSON holds no settings that are known here: a list of classifications, a request with configurations or "
        "sparkSubmitParameters, or a body of Livy with conf"
    )


def parsed(name: str, text: str) -> Any:
    """The JSON of a text. Raises FileRefused for what is none."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise FileRefused(
                f'{name}: the key "{twice}" stands twice in one object, and readers differ in which counts; take one out'
            )
        return result

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise FileRefused(f"{name}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}; mend it there") from None
    except RecursionError:
        raise FileRefused(f"{name}: its JSON is nested too deep to read") from None


def _check_shapes(name: str, value: Any, path: Path) -> None:
    """Raises FileRefused for a member that we would add to and that is no list or object, and for JSON deeper than any request."""
    if len(path) > _DEEPEST:
        raise FileRefused(f"{name}: its JSON is nested too deep to read")
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        wanted = _SHAPES.get(key) if isinstance(key, str) else None
        if wanted is not None and member is not None and not isinstance(member, wanted):
            kind = "list" if wanted is list else "object"
            raise FileRefused(f"{name}: {_text((*path, key))} is no {kind}; mend it there")
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


def without_secrets(data: Any) -> Any:
    """The same data with the values of secret names masked."""
    if isinstance(data, dict):
        named = data.get("name") or data.get("Name") or data.get("Key")
        return {
            key: _shown(named if key in ("value", "Value") and isinstance(named, str) else key, value)
            for key, value in data.items()
        }
    if isinstance(data, list):
        result: list[Any] = []
        for at, item in enumerate(data):
            option = data[at - 1] if at and isinstance(data[at - 1], str) and data[at - 1].startswith("--") else ""
            result.append(_shown(option, item))
        return result
    return secrets.inside(data) if isinstance(data, str) else data


def _shown(name: str, value: Any) -> Any:
    return secrets.shown(name, value) if isinstance(value, str) else without_secrets(value)


# Where settings stand


def _places(data: Any) -> list[Place]:
    lists = list(_lists(data, ()))
    found: list[Place] = []
    for number, (path, items) in enumerate(lists):
        found += _of_list(path, items, bool(number))
    for path, value in _values(data, ()):
        if path[-1] == "conf":
            found.append(Place(_text(path), Names.SPARK, _texts(value), path))
        elif path[-1] == "sparkSubmitParameters":
            settings = submit_parameters.settings(value)
            found.append(Place(_text(path), Names.SPARK, settings, path, above=True, everywhere=True))
        else:
            # Steps alone are all that a request for a running cluster has.
            found.append(
                Place(_text(path), Names.SPARK, submit_parameters.given(value), path, above=_makes_a_cluster(data))
            )
    return found


def _of_list(path: Path, items: list[Any], above: bool) -> Iterator[Place]:
    casing, seen = _casing(path, items), set()
    most = _JOB_LIMITS if casing is _JOBS else None
    for number, item in enumerate(items):
        if not _is_well_spelled(item, casing):
            continue
        name, properties = item[casing.name], item.get(casing.properties)
        where = f"{name} of {_text(path)}"
        below = (*path, number, casing.properties)
        for nested_number, nested in enumerate(item.get(casing.nested) or ()):
            if _is_well_spelled(nested, casing) and nested[casing.name] == EXPORT:
                inside = (*path, number, casing.nested, nested_number, casing.properties)
                yield Place(
                    f"{EXPORT} of {where}", Names.ENVIRONMENT, _texts(nested.get(casing.properties)), inside, name
                )
        if name == SPARK_DEFAULTS:
            yield Place(where, Names.SPARK, _texts(properties), below, name, above or name in seen, most=most)
        elif name in _HADOOP_SITES:
            yield Place(where, Names.HADOOP, _texts(properties), below, name, above or name in seen, most=most)
        else:
            yield Place(where, Names.OTHER, _texts(properties), below, name, above or name in seen, most=most)
        seen.add(name)


def _lists(data: Any, path: Path) -> Iterator[tuple[Path, list[Any]]]:
    """Every list of classifications, those nearer to the root first."""
    if isinstance(data, list):
        if any(isinstance(item, dict) and _casing_of(item) for item in data) or (path and path[-1] in _CASING_OF_KEY):
            yield path, data
            return
        for number, item in enumerate(data):
            yield from _lists(item, (*path, number))
    elif isinstance(data, dict):
        # A request's own list before those of its groups of machines.
        for key in sorted(data, key=lambda key: key not in _CASING_OF_KEY):
            yield from _lists(data[key], (*path, key))


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
            or (key == "sparkSubmitParameters" and isinstance(value, str))
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


def _casing_of(item: Mapping[str, Any]) -> _Casing | None:
    return next((casing for casing in (_EC2, _JOBS) if isinstance(item.get(casing.name), str)), None)


def _casing(path: Path, items: list[Any]) -> _Casing:
    named = _CASING_OF_KEY.get(path[-1]) if path else None
    found = (_casing_of(item) for item in items if isinstance(item, dict))
    return named or next((casing for casing in found if casing is not None), _EC2)


def _is_well_spelled(item: Any, casing: _Casing) -> bool:
    return isinstance(item, dict) and isinstance(item.get(casing.name), str) and set(item) <= casing.keys


def _texts(properties: Any) -> dict[str, str]:
    """Values as EMR reads them; what is no text there is none of ours to change."""
    if not isinstance(properties, dict):
        return {}
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in properties.items()}


def _makes_a_cluster(data: Any) -> bool:
    """Whether this is a RunJobFlow request, whose steps find the settings of the cluster below their own."""
    return isinstance(data, dict) and bool({"Instances", "JobFlowRole", "Configurations"} & set(data))


# What is said about it


def _kind(data: Any) -> str:
    lists = list(_lists(data, ()))
    if lists:
        return f"JSON of {_casing(*lists[0]).title}"
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


def _remarks(data: Any) -> Iterator[str]:
    for path, items in _lists(data, ()):
        casing = _casing(path, items)
        for number, item in enumerate(items):
            where = _text((*path, number))
            if not _is_well_spelled(item, casing):
                yield f"{where} is not spelled as {casing.title} does it ({casing.name}, {casing.properties}, {casing.nested}): it is left alone"
            elif not classification_names.is_known(item[casing.name]):
                near = classification_names.nearest(item[casing.name])
                meant = f", {near} is" if near else ""
                yield f'{where}: "{item[casing.name]}" is no classification that is known{meant}: it is left alone'


def _text(path: Path) -> str:
    """A path as people write it: Instances.InstanceGroups[0].Configurations."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the list"


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
    if isinstance(there, str):
        holder[key] = submit_parameters.changed_text(there, values)
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


def _indent(body: str) -> int | str:
    found = re.search(r"[\[{]\s*\n([ \t]+)\S", body)
    return (found.group(1) if "\t" in found.group(1) else len(found.group(1))) if found else 2
