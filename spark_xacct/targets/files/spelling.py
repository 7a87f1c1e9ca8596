"""Classifications in JSON of EMR: where lists of them stand, whose casing they have, and what a service would refuse in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Tuple

from spark_xacct.targets.files import classification_names
from spark_xacct.targets.files.forms import CASINGS, EC2, JOBS, Casing, Form

Path = Tuple[Any, ...]
# Where the key above the list says whose it is.
CASING_OF_KEY = {"Configurations": EC2, "applicationConfiguration": JOBS, "runtimeConfiguration": JOBS}
# Names in these are a user's own.
_OPEN = frozenset(["properties", "conf", "tags", "jobtemplateparameters", "args", "configurationproperties"])
# Members that requests of one service have alone.
_OF_EKS = frozenset(["virtualClusterId", "sparkSubmitJobDriver", "sparkSqlJobDriver"])
_OF_SERVERLESS = frozenset(["applicationId", "sparkSubmit", "runtimeConfiguration"])
_OF_EC2 = frozenset(["Instances", "JobFlowRole", "JobFlowId", "Steps", "HadoopJarStep", "Args", "Configurations"])


def lists(data: Any, path: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    """Every list of classifications, those nearer to the root first."""
    if isinstance(data, list):
        if any(isinstance(item, dict) and casing_of(item) for item in data) or (path and path[-1] in CASING_OF_KEY):
            yield path, data
            return
        for number, item in enumerate(data):
            yield from lists(item, (*path, number))
    elif isinstance(data, dict):
        # A request's own list before those of its groups of machines.
        for key in sorted(data, key=lambda key: key not in CASING_OF_KEY):
            yield from lists(data[key], (*path, key))


def casing_of(item: Mapping[str, Any]) -> Casing | None:
    return next((casing for casing in CASINGS if isinstance(item.get(casing.name), str)), None)


def casing_in(path: Path, items: Sequence[Any]) -> Casing:
    """That of a list: by the key above it, else by its first classification."""
    named = CASING_OF_KEY.get(path[-1]) if path else None
    found = (casing_of(item) for item in items if isinstance(item, dict))
    return named or next((casing for casing in found if casing is not None), EC2)


def is_well_spelled(item: Any, casing: Casing) -> bool:
    return isinstance(item, dict) and isinstance(item.get(casing.name), str) and set(item) <= casing.keys


def request_of(data: Any) -> tuple[Form, ...]:
    """Whose request this is or holds, by members that no other service has. Empty where it is none."""
    if isinstance(data, list):
        return next(filter(None, map(request_of, data)), ())
    if not isinstance(data, dict) or casing_of(data):
        return ()
    driver = data.get("jobDriver")
    names = {*data, *(driver if isinstance(driver, dict) else ())}
    of_job = tuple(
        form for form, own in ((Form.EMR_EKS, _OF_EKS), (Form.EMR_SERVERLESS, _OF_SERVERLESS)) if own & names
    )
    if of_job or "jobDriver" in names:
        return of_job or (Form.EMR_EKS, Form.EMR_SERVERLESS)
    if names & _OF_EC2:
        return (Form.EMR_EC2,)
    return next(filter(None, map(request_of, data.values())), ())


def forms(data: Any) -> tuple[Form, ...]:
    """Whose JSON this is: of a list alone each service that spells so."""
    found = request_of(data)
    if found:
        return found
    casing = next((casing_in(*one) for one in lists(data)), None)
    return tuple(form for form in Form if casing is not None and form.casing is casing)


def misspelled(data: Any, casing: Casing | None = None) -> Iterator[str]:
    """A line for each classification that is in no casing, or not in this one; in that of its list where none is given."""
    for path, items in lists(data):
        yield from _of_list(path, items, casing or casing_in(path, items))


def _of_list(path: Path, items: Sequence[Any], casing: Casing) -> Iterator[str]:
    for other in CASINGS:
        if items and other is not casing and all(is_well_spelled(item, other) for item in items):
            yield f"{text_of(path)} is spelled as {other.title} does it ({other}), and {casing.title} takes ({casing}): it is left alone; write it so"
            return
    for number, item in enumerate(items):
        where = (*path, number)
        if not is_well_spelled(item, casing):
            yield f"{text_of(where)} is not spelled as {casing.title} does it ({casing}): it is left alone; write it so"
            continue
        name = item[casing.name]
        if not classification_names.is_known(name) and classification_names.is_known(name.lower()):
            yield f'{text_of(where)}: "{name}" is {name.lower()} in another casing: it is left alone; write it so'
        nested = item.get(casing.nested)
        if isinstance(nested, list):
            yield from _of_list((*where, casing.nested), nested, casing)


def unknown_names(data: Any) -> Iterator[str]:
    """A line for each classification that is well spelled and that EMR is not known to have."""
    for path, items in lists(data):
        casing = casing_in(path, items)
        for number, item in enumerate(items):
            name = item[casing.name] if is_well_spelled(item, casing) else ""
            if name and not any(map(classification_names.is_known, (name, name.lower()))):
                near = classification_names.nearest(name)
                meant = f", {near} is" if near else ""
                yield f'{text_of((*path, number))}: "{name}" is not a known classification{meant}: it is left alone'


def misspelled_members(data: Any, known: frozenset[str], path: Path = ()) -> Iterator[str]:
    """A line for each member that differs from a known one in case only."""
    if isinstance(data, list):
        for number, item in enumerate(data):
            yield from misspelled_members(item, known, (*path, number))
    if not isinstance(data, dict) or casing_of(data):
        return
    by_lower = {name.lower(): name for name in known}
    for name, value in data.items():
        meant = by_lower.get(name.lower())
        if name not in known and meant is not None:
            yield f"{text_of((*path, name))} is not a known member; write {meant}"
        if name.lower() not in _OPEN:
            yield from misspelled_members(value, known, (*path, name))


def text_of(path: Path) -> str:
    """A path as people write it: Instances.InstanceGroups[0].Configurations."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the list"
