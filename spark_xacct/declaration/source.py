"""YAML text to a tree whose every key and value knows its line and column.

ruamel.yaml parses; the tree is built here, with the values of YAML 1.2's core schema, so that its C and its Python
parser give the same one, no tag of a file can construct an object, and no depth can exhaust a stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from spark_xacct.declaration.problems import START, Place, Problems

_CORE = "tag:yaml.org,2002:"
_DEPTH_MAXIMUM = 64
_QUOTE_STARS = 'put a name that begins with * in quotes: "*-landing"'
_INTEGER = re.compile(r"^[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
# No number of a declaration is longer, and Python converts no number of many thousand digits.
_DIGITS_MAXIMUM = 30
_SURROGATE = re.compile("[\ud800-\udfff]")
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
    root = _tree(text, problems)
    if isinstance(root, Fields):
        return root
    if root is None or (isinstance(root, Scalar) and root.value is None):
        problems.add(START, "the declaration is empty", "begin with version: 1, base: and sts:")
    else:
        problems.add(
            START, "the declaration is not a mapping", "write keys and values: version: 1, base: irsa, buckets: ..."
        )
    problems.raise_any()
    raise AssertionError("a problem was added just now")


def _tree(text: str, problems: Problems) -> Node | None:
    try:
        try:
            # The C parser where ruamel.yaml.clib is there: ten thousand buckets take a tenth of a second instead of one.
            found = Problems(problems.file)
            root = _Builder(YAML(typ="safe").parse(text), found).document()
        except YAMLError:
            # Its messages differ from those of the Python parser: one text for one mistake.
            found = Problems(problems.file)
            root = _Builder(YAML(typ="safe", pure=True).parse(text), found).document()
        problems.take(found)
        return root
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark is not None else START
        problems.add(place, f"this is not YAML: {error.problem}", _syntax_fix(str(error.problem)))
    except YAMLError as error:
        problems.add(START, f"this is not YAML: {str(error).splitlines()[0]}", "remove it")
    problems.raise_any()
    raise AssertionError("a problem was added just now")


def _syntax_fix(problem: str) -> str:
    if "alias" in problem:
        return _QUOTE_STARS
    if "\\t" in problem:
        return "indent with blanks"
    return "look at this line and the one before it: quotes, colons, indentation"


class _Builder:
    """Builds the tree from the parser's events."""

    def __init__(self, parser: Iterator[Any], problems: Problems) -> None:
        self._events = parser
        self._problems = problems
        self._anchors: dict[str, Scalar | None] = {}

    def document(self) -> Node | None:
        """The one document; None where there is none."""
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._problems.add(
                        _place(event), "a second document begins here", "keep one declaration in one file"
                    )
                    break
            elif isinstance(event, NodeEvent):
                root = self._node(event, 0)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        if depth > _DEPTH_MAXIMUM:
            self._problems.add(_place(event), "this is nested too deep to read", "a declaration has at most ten levels")
            self._problems.raise_any()
        if isinstance(event, AliasEvent):
            return self._alias(event)
        node: Node
        if isinstance(event, ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, SequenceStartEvent):
            self._check_tag(event, "seq")
            items = [self._node(item, depth + 1) for item in self._until(SequenceEndEvent)]
            node = Items(items, _place(event))
        else:
            self._check_tag(event, "map")
            node = self._fields(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node if isinstance(node, Scalar) else None
        return node

    def _until(self, end: type) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _alias(self, event: Any) -> Scalar:
        place, name = _place(event), event.anchor
        known = self._anchors.get(name)
        if known is not None:
            return Scalar(known.value, place, known.written)
        if name in self._anchors:
            # One of a collection can hide a billion entries.
            self._problems.add(place, f"the alias *{name} stands for a list or mapping", "write it out in each place")
        else:
            # In YAML 1.1 a colon ends the name of an alias, in YAML 1.2 it does not: what follows is read in two ways.
            self._problems.add(place, f"the alias *{name.rstrip(':')} stands for nothing", _QUOTE_STARS)
            self._problems.raise_any()
        return Scalar(None, place, f"*{name}")

    def _check_tag(self, event: Any, name: str) -> None:
        if event.tag is not None and str(event.tag) not in ("!", _CORE + name):
            self._problems.add(_place(event), f"the tag {event.tag} is not known here", "remove it")

    def _scalar(self, event: Any) -> Scalar:
        place, written = _place(event), self._characters(event)
        if event.tag is not None or event.style not in (None, ""):
            self._check_tag(event, "str")
            return Scalar(written, place, written)
        if written in _WORDS:
            return Scalar(_WORDS[written], place, written)
        if _INTEGER.match(written):
            digits = len(written.lstrip("+-"))
            if digits > _DIGITS_MAXIMUM:
                self._problems.add(place, f"this number has {digits} digits", "write a text in quotes")
                return Scalar(written, place, written)
            return Scalar(int(written), place, written)
        return Scalar(float(written) if _FLOAT.match(written) else written, place, written)

    def _characters(self, event: Any) -> str:
        """The text of a scalar. An escape can make half a character, which no file and no terminal takes."""
        text = str(event.value)
        half = _SURROGATE.search(text)
        if half is None:
            return text
        self._problems.add(
            _place(event), f"\\u{ord(half.group()):04x} is half a character", "write the character itself"
        )
        return _SURROGATE.sub("?", text)

    def _fields(self, start: Any, depth: int) -> Fields:
        entries: dict[str, Entry] = {}
        events = self._until(MappingEndEvent)
        for event in events:
            key, at = self._node(event, depth + 1), _place(event)
            value = self._node(next(events), depth + 1)
            if isinstance(value, Scalar) and value.written == "" and value.value is None:
                # An empty value has the place of whatever comes next in the file.
                value = Scalar(None, at, "")
            if not isinstance(key, Scalar):
                self._problems.add(at, "a key is a list or mapping", "write one name before the colon")
            elif key.written in entries:
                first = entries[key.written].place.line
                self._problems.add(
                    at, f'"{key.written}" stands twice here (first on line {first})', "remove one of them"
                )
            else:
                entries[key.written] = Entry(at, value)
        return Fields(entries, _place(start))


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


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
