"""YAML text to a tree whose every key and value knows its line and column.

ruamel.yaml composes the nodes; the values are made here, by the core schema of YAML 1.2, so that its C and its Python
parser give the same tree, and so that no tag of a file can construct an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from spark_xacct.declaration.problems import START, Place, Problems

_CORE = "tag:yaml.org,2002:"
_TEXT = _CORE + "str"
_PLAIN_TAGS = frozenset(_CORE + name for name in ("null", "bool", "int", "float", "timestamp", "merge", "value"))
_INTEGER = re.compile(r"^[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}


@dataclass(slots=True)
class Scalar:
    """A single value. ``written`` is how the file spells it."""

    value: str | int | float | bool | None
    place: Place
    written: str


@dataclass(slots=True)
class Items:
    """A list."""

    items: list[Node]
    place: Place


@dataclass(slots=True)
class Entry:
    """A key's place with its value."""

    place: Place
    node: Node


@dataclass(slots=True)
class Fields:
    """A mapping, in the order of the file."""

    entries: dict[str, Entry]
    place: Place

    def node(self, name: str) -> Node | None:
        entry = self.entries.get(name)
        return None if entry is None else entry.node

    def fields(self, name: str) -> Fields:
        """The mapping under a name; an empty one where there is none."""
        node = self.node(name)
        return node if isinstance(node, Fields) else Fields({}, self.place)

    def text(self, name: str) -> str | None:
        """The text under a name; None where there is none, or something else."""
        return text_of(self.node(name))


Node = Union[Scalar, Items, Fields]  # noqa: UP007 (evaluated at run time, where the names are not defined yet)


def text_of(node: Node | None) -> str | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def read(text: str, problems: Problems) -> Fields:
    """The tree of a declaration. Raises DeclarationError where there is no mapping to go on with."""
    root = _compose(text, problems)
    if root is None or (isinstance(root, ScalarNode) and not root.value):
        problems.add(START, "the declaration is empty", "begin with version: 1, base: and buckets:")
    elif not isinstance(root, MappingNode):
        problems.add(
            START, "the declaration is not a mapping", "write keys and values: version: 1, base: irsa, buckets: ..."
        )
    problems.raise_any()
    tree = _Reader(problems).node(root)
    if not isinstance(tree, Fields):
        problems.raise_any()
        raise AssertionError("a mapping node became something else")
    return tree


def _compose(text: str, problems: Problems) -> Any:
    try:
        try:
            # The C parser where ruamel.yaml.clib is there: ten thousand buckets take a fifth of a second instead of two.
            return YAML(typ="safe").compose(text)
        except YAMLError:
            # Its messages differ from those of the Python parser: one text for one mistake.
            return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark is not None else START
        problems.add(place, f"this is not YAML: {error.problem}", _syntax_fix(str(error.problem)))
    except YAMLError as error:
        problems.add(START, f"this is not YAML: {str(error).splitlines()[0]}", "write it as UTF-8 text")
    except RecursionError:
        problems.add(START, "this is nested too deep to read", "a declaration has at most six levels")
    problems.raise_any()
    raise AssertionError("unreachable")


def _syntax_fix(problem: str) -> str:
    if "alias" in problem:
        return 'put a name that begins with * in quotes: "*-landing"'
    if "\\t" in problem:
        return "indent with blanks"
    if "expected a single document" in problem or "another document" in problem:
        return "keep one document in one file"
    return "look at this line and the one before it: quotes, colons, indentation"


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._seen: set[int] = set()

    def node(self, node: Any) -> Node:
        place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, ScalarNode):
            return self._scalar(node, place)
        # The same node again is an alias. One of a collection can hide a billion entries, or itself.
        if id(node) in self._seen:
            self._problems.add(place, "an alias (*) stands for a list or mapping", "write it out in each place")
            return Scalar(None, place, "")
        self._seen.add(id(node))
        if str(node.tag) not in (_CORE + "seq", _CORE + "map"):
            self._problems.add(place, f"the tag {node.tag} is not known here", "remove it")
        if isinstance(node, SequenceNode):
            return Items([self.node(item) for item in node.value], place)
        return self._fields(node, place)

    def _scalar(self, node: Any, place: Place) -> Scalar:
        tag, written = str(node.tag), node.value
        if tag == _TEXT:
            return Scalar(written, place, written)
        if tag not in _PLAIN_TAGS:
            self._problems.add(place, f"the tag {tag} is not known here", "remove it")
            return Scalar(written, place, written)
        if written in _WORDS:
            return Scalar(_WORDS[written], place, written)
        if _INTEGER.match(written):
            return Scalar(int(written), place, written)
        return Scalar(float(written) if _FLOAT.match(written) else written, place, written)

    def _fields(self, node: Any, place: Place) -> Fields:
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            at = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, ScalarNode):
                self._problems.add(at, "a key is a list or mapping", "write one name before the colon")
                continue
            value = self.node(value_node)
            if isinstance(value, Scalar) and value.written == "":
                # An empty value has the place of whatever comes next in the file.
                value = Scalar(value.value, at, "")
            first = entries.get(key_node.value)
            if first is not None:
                self._problems.add(
                    at, f'"{key_node.value}" stands twice here (first on line {first.place.line})', "remove one of them"
                )
                continue
            entries[key_node.value] = Entry(at, value)
        return Fields(entries, place)


def plain(node: Node) -> Any:
    """The tree as plain data."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {name: plain(entry.node) for name, entry in node.entries.items()}


def places(node: Node) -> Iterator[Place]:
    """Every place of a tree, keys and values."""
    yield node.place
    if isinstance(node, Items):
        for item in node.items:
            yield from places(item)
    elif isinstance(node, Fields):
        for entry in node.entries.values():
            yield entry.place
            yield from places(entry.node)
