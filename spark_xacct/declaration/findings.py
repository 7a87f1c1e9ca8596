"""What pydantic finds, in words of ours and at the place where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from spark_xacct.declaration import values
from spark_xacct.declaration.problems import START, Place, Problems, did_you_mean
from spark_xacct.declaration.sections import MAPPING, TEXT, DeclarationSection, section_at
from spark_xacct.declaration.source import Fields, Items, Node, Scalar, plain

_EXAMPLES = {
    "version": "version: 1",
    "base": "base: irsa, or base: {kind: irsa, arn: ...}",
    "sts": "sts: {region: eu-west-1}",
    "region": "region: eu-west-1",
    "kind": "kind: irsa",
    "role": "role: NAME, or role: base",
    "arn": "arn: arn:aws:iam::ACCOUNT:role/NAME",
}
_MAPPING_TYPES = ("dict_type", "model_type", "model_attributes_type")
# What a mapping looks like, by the section and how deep it lies there.
_MAPPINGS = {
    ("roles", 1): "{NAME: {arn: arn:aws:iam::ACCOUNT:role/NAME}}",
    ("roles", 2): "{arn: arn:aws:iam::ACCOUNT:role/NAME}",
    ("buckets", 1): "{BUCKET: ROLE}",
    ("sts", 1): "{region: eu-west-1}",
    ("environments", 1): "{NAME: {vars: {NAME: value}}}",
    ("environments", 2): "{vars: {NAME: value}}",
}
_WANTED = {
    "list_type": "write a list: [one, another]",
    "bool_type": "write true or false",
}


def section_of(tree: Fields, problems: Problems) -> DeclarationSection | None:
    """The declaration as models; None, with every finding among ``problems``, where it has not their shape."""
    try:
        return DeclarationSection.model_validate(plain(tree))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _add(details, tree, problems)
        return None


class _Spot:
    """Where a location of pydantic's stands in the file."""

    def __init__(self, tree: Fields, location: Iterable[int | str]) -> None:
        self.path: list[int | str] = []
        self.node: Node | None = tree
        self.key_place = START
        self.is_key = False
        for part in location:
            if part in (TEXT, MAPPING):
                continue
            if part == "[key]":
                self.is_key = True
                continue
            self.path.append(part)
            self._step(part)

    def _step(self, part: int | str) -> None:
        node = self.node
        if isinstance(node, Fields) and str(part) in node.entries:
            entry = node.entries[str(part)]
            self.key_place, self.node = entry.place, entry.node
        elif isinstance(node, Items) and isinstance(part, int):
            self.node = node.items[part]
            self.key_place = self.node.place
        else:
            self.node = None

    @property
    def place(self) -> Place:
        return self.node.place if isinstance(self.node, Scalar) and not self.is_key else self.key_place


def dotted(path: Iterable[int | str]) -> str:
    """A path as a person writes it: ``roles.partner.tags``, ``own[2]``."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the declaration"


def _add(details: ErrorDetails, tree: Fields, problems: Problems) -> None:
    kind, spot = details["type"], _Spot(tree, details["loc"])
    name, holder = str(spot.path[-1]) if spot.path else "", dotted(spot.path[:-1])
    if kind == "extra_forbidden":
        known = section_at(spot.path[:-1])
        within = f" in {holder}" if len(spot.path) > 1 else ""
        problems.add(spot.key_place, f'unknown key "{name}"{within}', did_you_mean(name, known))
    elif kind == "missing":
        problems.add(spot.key_place, f"{holder} has no {name}", f"add {_EXAMPLES.get(name, name + ':')}")
    elif kind == values.REFUSED:
        problems.add(spot.place, f"{dotted(spot.path)}: {details['ctx']['what']}", str(details["ctx"]["fix"]))
    else:
        problems.add(spot.place, f"{dotted(spot.path)} is {_described(details['input'])}", _wanted(kind, spot))


def _described(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"{str(value).lower()}, which is not text"
    if isinstance(value, (int, float)):
        return f"a number ({value})"
    if isinstance(value, str):
        return f'a text ("{value}")'
    return "a list" if isinstance(value, list) else "a mapping"


def _wanted(kind: str, spot: _Spot) -> str:
    if kind in _MAPPING_TYPES:
        return f"write a mapping: {_MAPPINGS.get((str(spot.path[0]), len(spot.path)), '{name: value}')}"
    if kind != "string_type":
        return _WANTED.get(kind, "see spark-xacct schema")
    if isinstance(spot.node, Scalar) and spot.path[-1] == "duration" and spot.node.written.isdigit():
        return f"write {spot.node.written}s"
    if isinstance(spot.node, Scalar) and spot.node.value is not None:
        return f'write it in quotes: "{spot.node.written}"'
    return "write a text" if spot.node is None or not isinstance(spot.node, Scalar) else "write a value, or remove it"
