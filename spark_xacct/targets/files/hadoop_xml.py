"""core-site.xml and emrfs-site.xml: Hadoop's configuration, changed value by value, comments and blanks as they are.

https://hadoop.apache.org/docs/stable/api/org/apache/hadoop/conf/Configuration.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from spark_xacct.targets import secrets
from spark_xacct.targets.files.existing import Change, ExistingFile, FileRefused, Names, Place
from spark_xacct.targets.files.forms import Form

KIND = "Hadoop XML"
_ROOT, _PROPERTY = "configuration", "property"
_COMMENTED = re.compile(r"(<name>\s*(?P<name>[^<]*?)\s*</name>\s*<value>)(?P<value>[^<]*)(</value>)", re.DOTALL)


@dataclass
class _Property:
    """One ``<property>``, by bytes of the text; ``value_start`` is None where the value is an attribute or missing."""

    start: int
    name: str = ""
    value: str = ""
    end: int = 0
    value_start: int | None = None
    value_end: int = 0


@dataclass
class _Parsed:
    properties: list[_Property] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    # Where the root's end tag begins; of <configuration/>, which has none, where it ends.
    end: int = 0


@dataclass(frozen=True)
class HadoopXml(ExistingFile):
    """One place: the properties."""

    @property
    def forms(self) -> tuple[Form, ...]:
        return (Form.HADOOP_XML,)

    def with_changes(self, changes: Iterable[Change], about: str) -> str:
        data, parsed = self.text.encode("utf-8"), _parsed(self.name, self.text)
        wanted = {change.name: change.value for change in changes}
        last = {item.name: item for item in parsed.properties}
        added = [(name, value) for name, value in wanted.items() if value is not None and name not in last]
        if added:
            data = _with(data, parsed, added, about)
        for item in reversed(parsed.properties):
            value = wanted.get(item.name, "")
            if item.name in wanted and (value is None or item is last[item.name]):
                data = _replaced(data, item, value)
        return data.decode("utf-8")

    def masked(self, text: str) -> str:
        data = text.encode("utf-8")
        for item in reversed(_parsed(self.name, text).properties):
            if secrets.is_secret(item.name, item.value):
                data = _replaced(data, item, secrets.mask(item.value))
        # Those that stand in comments too.
        return secrets.inside(_COMMENTED.sub(_masked_comment, data.decode("utf-8")))


def read(name: str, text: str) -> HadoopXml:
    """Raises FileRefused for what is no configuration of Hadoop's."""
    parsed = _parsed(name, text)
    settings = {item.name: item.value for item in parsed.properties}
    remarks = tuple(f"{href} is included (xi:include) and was not read" for href in parsed.included)
    return HadoopXml(name, KIND, text, (Place(name, Names.HADOOP, settings),), remarks)


class _Reader:
    def __init__(self, name: str) -> None:
        self.name, self.result = name, _Parsed()
        self.path: list[str] = []
        self.parser = expat.ParserCreate(encoding="utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._text: list[str] = []

    def read(self, text: str) -> _Parsed:
        try:
            self.parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            raise FileRefused(
                f"{self.name}:{error.lineno}: this is not XML: {expat.ErrorString(error.code)}; mend it there"
            ) from None
        return self.result

    def _doctype(self, *_: object) -> None:
        raise FileRefused(f"{self.name}: it has a DOCTYPE, which a configuration of Hadoop does not need; take it out")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.path and tag != _ROOT:
            raise FileRefused(
                f"{self.name}: its root is <{tag}>, and that of Hadoop XML is <{_ROOT}>; name core-site.xml, emrfs-site.xml or their like"
            )
        self.path.append(tag)
        self._text = []
        at = self.parser.CurrentByteIndex
        if self.path == [_ROOT, _PROPERTY]:
            self.result.properties.append(
                _Property(at, attributes.get("name", "").strip(), attributes.get("value", "").strip())
            )
        elif tag.endswith("include"):
            self.result.included.append(attributes.get("href", "another file"))
        elif self.path == [_ROOT, _PROPERTY, "value"]:
            self._value_start = at

    def _data(self, data: str) -> None:
        self._text.append(data)

    def _end(self, tag: str) -> None:
        at, text = self.parser.CurrentByteIndex, "".join(self._text).strip()
        if self.path == [_ROOT]:
            self.result.end = at
        elif self.path == [_ROOT, _PROPERTY]:
            self.result.properties[-1].end = at
        elif self.path == [_ROOT, _PROPERTY, "name"]:
            self.result.properties[-1].name = text
        elif self.path == [_ROOT, _PROPERTY, "value"]:
            item = self.result.properties[-1]
            item.value, item.value_start, item.value_end = text, self._value_start, at
        self.path.pop()
        self._text = []


def _parsed(name: str, text: str) -> _Parsed:
    parsed = _Reader(name).read(text)
    data = text.encode("utf-8")
    for item in parsed.properties:
        # expat tells where an end tag begins; of <property/>, which has none, where it ends.
        if data.startswith(b"</property", item.end):
            item.end = data.index(b">", item.end) + 1
        if item.value_start is not None:
            start = data.index(b">", item.value_start)
            item.value_start = None if data[start - 1 : start] == b"/" else start + 1
    return parsed


def _replaced(data: bytes, item: _Property, value: str | None) -> bytes:
    if value is None:
        line_start = data.rfind(b"\n", 0, item.start) + 1
        start = line_start if not data[line_start : item.start].strip() else item.start
        end = item.end
        if start == line_start:
            end += 2 if data[end : end + 2] == b"\r\n" else 1 if data[end : end + 1] == b"\n" else 0
        return data[:start] + data[end:]
    if item.value_start is not None:
        return data[: item.value_start] + escape(value).encode("utf-8") + data[item.value_end :]
    return data[: item.start] + _element(item.name, value, "").encode("utf-8") + data[item.end :]


def _with(data: bytes, parsed: _Parsed, added: list[tuple[str, str]], about: str) -> bytes:
    line_end = "\r\n" if b"\r\n" in data else "\n"
    indent = _indent(data, parsed)
    comment = f"<!-- {about} -->"
    heading = [] if comment.encode("utf-8") in data else [indent + comment]
    lines = line_end.join([*heading, *(_element(name, value, indent, line_end) for name, value in added)])
    if not data.startswith(b"</", parsed.end):
        root = data[: data.rindex(b"/>", 0, parsed.end)].rstrip()
        return root + f">{line_end}{lines}{line_end}</{_ROOT}>".encode() + data[parsed.end :]
    before = data[: parsed.end].rstrip(b" \t")
    begin = "" if before.endswith(b"\n") else line_end
    return before + f"{begin}{lines}{line_end}".encode() + data[parsed.end :]


def _indent(data: bytes, parsed: _Parsed) -> str:
    for item in parsed.properties:
        line_start = data.rfind(b"\n", 0, item.start) + 1
        before = data[line_start : item.start]
        if not before.strip():
            return before.decode("utf-8")
    return "  "


def _element(name: str, value: str, indent: str, line_end: str = "") -> str:
    parts: Iterator[str] = iter((f"<name>{escape(name)}</name>", f"<value>{escape(value)}</value>"))
    if not line_end:
        return f"<property>{''.join(parts)}</property>"
    inner = "".join(f"{indent}{indent or '  '}{part}{line_end}" for part in parts)
    return f"{indent}<property>{line_end}{inner}{indent}</property>"


def _masked_comment(found: re.Match[str]) -> str:
    if not secrets.is_secret(found["name"], found["value"]):
        return found.group(0)
    return found.group(1) + secrets.mask(found["value"]) + found.group(4)
