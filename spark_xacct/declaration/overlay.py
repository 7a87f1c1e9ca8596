"""What happens before anything is checked: the overlay of an environment, then the variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from spark_xacct.declaration.problems import Problems, did_you_mean
from spark_xacct.declaration.source import Entry, Fields, Items, Node, Scalar, text_of
from spark_xacct.model.session_name import PLACEHOLDERS

# Behind a "$" it is not ours but IAM's or that of a tool which fills in the file.
_VARIABLE = re.compile(r"(?<!\$)\{([A-Za-z_][A-Za-z0-9_-]*)\}")
_NOT_OVERLAID = ("version", "environments")
# A base identity's fields belong to its kind: half of one and half of another is nobody.
_REPLACED_WHOLE = ("base",)


def environments(root: Fields) -> Mapping[str, Entry]:
    """The environments a declaration has, by name."""
    return root.fields("environments").entries


def with_environment(root: Fields, name: str | None, problems: Problems) -> Fields:
    """The declaration with the overlay of one environment: mappings are merged by key, null removes, the rest replaces."""
    if name is None:
        return root
    known = environments(root)
    if name not in known:
        place = root.entries["environments"].place if "environments" in root.entries else root.place
        fix = did_you_mean(name, known) if known else "add it under environments:, or choose none"
        problems.add(place, f'the environment "{name}" is not declared', fix)
        return root
    overlay = known[name].node
    if not isinstance(overlay, Fields):
        # Empty, or of a wrong type, which the schema reports.
        return root
    entries = {key: entry for key, entry in overlay.entries.items() if key not in _NOT_OVERLAID}
    return _merged(root, Fields(entries, overlay.place), top=True)


def _merged(below: Fields, above: Fields, top: bool = False) -> Fields:
    entries = dict(below.entries)
    for key, entry in above.entries.items():
        old = below.node(key)
        if isinstance(entry.node, Scalar) and entry.node.value is None:
            entries.pop(key, None)
        elif isinstance(entry.node, Fields) and isinstance(old, Fields) and not (top and key in _REPLACED_WHOLE):
            entries[key] = Entry(below.entries[key].place, _merged(old, entry.node))
        else:
            entries[key] = entry
    return Fields(entries, below.place)


def with_variables(root: Fields, problems: Problems) -> Fields:
    """The declaration with each ``{name}`` replaced. Those of session names wait for run time."""
    entries = dict(root.entries)
    filler = _Filler(_variables(root, problems), sorted(environments(root)), problems)
    for key in root.entries:
        if key not in ("version", "vars", "environments"):
            entries[key] = Entry(entries[key].place, filler.filled(entries[key].node, key))
    return Fields(entries, root.place)


def _variables(root: Fields, problems: Problems) -> dict[str, str]:
    result = {}
    for name, entry in root.fields("vars").entries.items():
        if name in PLACEHOLDERS:
            problems.add(entry.place, f"the variable {name} is filled in at run time", "choose another name")
        text = text_of(entry.node)
        if text is not None:
            result[name] = text
        elif isinstance(entry.node, Scalar):
            # Reported as a wrong type by the schema; filled in all the same, so that nothing else is reported for it.
            result[name] = entry.node.written
    return result


class _Filler:
    def __init__(self, variables: Mapping[str, str], environments: list[str], problems: Problems) -> None:
        self._variables = variables
        self._environments = environments
        self._problems = problems

    def filled(self, node: Node, key: str) -> Node:
        if isinstance(node, Scalar):
            return self._scalar(node, key)
        if isinstance(node, Items):
            return Items([self.filled(item, key) for item in node.items], node.place)
        entries: dict[str, Entry] = {}
        for name, entry in node.entries.items():
            filled = (
                Scalar(name, entry.place, name)
                if "{" not in name
                else self._scalar(Scalar(name, entry.place, name), "")
            )
            if filled.value in entries:
                first = entries[str(filled.value)].place.line
                self._problems.add(
                    entry.place,
                    f'"{name}" becomes "{filled.value}", which stands on line {first} already',
                    "remove one of them",
                )
            entries.setdefault(str(filled.value), Entry(entry.place, self.filled(entry.node, name)))
        return Fields(entries, node.place)

    def _scalar(self, node: Scalar, key: str) -> Scalar:
        if not isinstance(node.value, str) or "{" not in node.value:
            return node
        at_run_time = PLACEHOLDERS if key == "session_name" else ()

        def value_of(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in at_run_time:
                return match.group(0)
            if name not in self._variables:
                self._problems.add(node.place, f'the variable "{name}" is not declared', self._fix(name, at_run_time))
            return self._variables.get(name, name)

        return Scalar(_VARIABLE.sub(value_of, node.value), node.place, node.written)

    def _fix(self, name: str, at_run_time: tuple[str, ...]) -> str:
        near = get_close_matches(name, [*self._variables, *at_run_time], 1)
        if near:
            return f"did you mean {{{near[0]}}}?"
        if name in PLACEHOLDERS:
            return f"{{{name}}} is known at run time only, and only session_name may hold it"
        fix = f"add {name}: to vars:"
        if self._environments:
            fix += ", or choose an environment that has it ({})".format(", ".join(self._environments))
        return fix
