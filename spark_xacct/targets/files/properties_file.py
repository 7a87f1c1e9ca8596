"""spark-defaults.conf: properties with names of Spark, changed line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from spark_xacct.spark import properties
from spark_xacct.targets import secrets
from spark_xacct.targets.files.existing import Change, ExistingFile, FileRefused, Names, Place
from spark_xacct.targets.files.forms import Form

KIND = "properties of Spark"
# Dots and no brackets: what YAML, scripts and other programs' settings begin with is no such name.
_NAME = re.compile(r"[A-Za-z][\w-]*(?:\.[^\s.:=()\[\]{}\"']+)+\Z")


@dataclass(frozen=True)
class PropertiesFile(ExistingFile):
    """One place, and every line that is not changed stays as it is, comments too."""

    @property
    def forms(self) -> tuple[Form, ...]:
        return (Form.PROPERTIES,)

    def with_changes(self, changes: Iterable[Change], about: str) -> str:
        text, line_end = self.text, "\r\n" if "\r\n" in self.text else "\n"
        wanted = {change.name: change.value for change in changes}
        entries = list(properties.entries(text))
        last = {entry.name: entry for entry in entries}
        added = [
            properties.line(name, value) for name, value in wanted.items() if value is not None and name not in last
        ]
        # From the end, so that places before it stay what they are.
        for entry in reversed(entries):
            value = wanted.get(entry.name, "")
            if entry.name in wanted and (value is None or entry is last[entry.name]):
                text = _replaced(text, entry, value)
        if not added:
            return text
        if text and not text.endswith(("\n", "\r")):
            text += line_end
        comment = f"# {about}"
        heading = [] if comment in text.splitlines() else [*([""] if text else []), comment]
        return text + "".join(line + line_end for line in [*heading, *added])

    def masked(self, text: str) -> str:
        # Comments are often settings that somebody has switched off.
        return "\n".join(map(_masked_line, _unfolded(text)))


def read(name: str, text: str) -> PropertiesFile | None:
    """The file; None where it is no such one. Raises FileRefused for a broken escape."""
    try:
        found = list(properties.entries(text))
    except ValueError as error:
        looks_so = re.search(r"(?m)^\s*spark\.[\w.-]+[\s=:]", text)
        if looks_so:
            raise FileRefused(f"{name}: {error}; mend it there") from None
        return None
    if not all(_NAME.match(entry.name) for entry in found):
        return None
    if found and not any(entry.name.startswith("spark.") for entry in found):
        return None
    settings = {entry.name: entry.value for entry in found}
    return PropertiesFile(name, KIND, text, (Place(name, Names.SPARK, settings),))


def _replaced(text: str, entry: properties.Entry, value: str | None) -> str:
    end = entry.end
    if value is None:
        end += 2 if text[end : end + 2] == "\r\n" else 1
        return text[: entry.start] + text[end:]
    written = properties.line(entry.name, value)
    # As the line has been written: key, blanks and sign stay, where it is one line.
    kept = re.match(r"\s*(?:\\.|[^\s=:\\])+(?:\s*[=:]\s*|\s+)", text[entry.start : end])
    if kept and not re.search(r"[\r\n]", text[entry.start : end]):
        written = kept.group(0) + properties.line("k", value)[2:]
    return text[: entry.start] + written + text[end:]


def _unfolded(text: str) -> list[str]:
    """The lines as people see them, but continued ones as one, so that no half of a secret stands alone."""
    lines: list[str] = []
    continued = False
    for line in text.splitlines():
        if continued:
            lines[-1] += "\n" + line
        else:
            lines.append(line)
        continued = not line.lstrip().startswith(("#", "!")) and (len(line) - len(line.rstrip("\\"))) % 2 == 1
    return lines


def _masked_line(line: str) -> str:
    body = line.lstrip(" \t\f#!")
    for entry in _entries(body):
        if secrets.is_secret(entry.name, entry.value):
            before = line[: len(line) - len(body)]
            return f"{before}{entry.name} {secrets.mask(entry.value)}"
    return secrets.inside(line)


def _entries(body: str) -> list[properties.Entry]:
    try:
        return list(properties.entries(body))
    except ValueError:
        return []
