"""The properties format of spark-defaults.conf, read and written as ``java.util.Properties`` and Spark do.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BLANKS = " \t\f"
_LINE_ENDS = "\r\n"
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "f": "\f"}
_WRITTEN = {"\t": "\\t", "\r": "\\r", "\n": "\\n", "\f": "\\f", "\\": "\\\\"}


@dataclass(frozen=True)
class Entry:
    """One setting and where it stands: ``text[start:end]``, without the line's end."""

    name: str
    value: str
    start: int
    end: int


def parse(text: str) -> dict[str, str]:
    """The settings of a properties file, values trimmed as Spark trims them. Raises ValueError for a bad ``\\u`` escape."""
    return {entry.name: entry.value for entry in entries(text)}


def entries(text: str) -> Iterator[Entry]:
    """The settings in the order of the file, each with its place; of two with one name the last counts."""
    for line, first, last in _logical_lines(text):
        end, start = _separator(line)
        # Spark takes blanks off both ends and leaves line breaks (Utils.trimExceptCRLF).
        yield Entry(_unescaped(line[:end]), _trimmed(_unescaped(line[start:])), first, last)


def line(name: str, value: str) -> str:
    """One line, separated by a blank, that reads back as this name and value (but for blanks at the value's ends)."""
    key = "".join("\\" + character if character in " :=#!" else _written(character) for character in name)
    text = "".join(map(_written, value))
    # A value that begins with a separator or a blank would lose it.
    return f"{key} \\{text}" if text[:1] in ("=", ":", " ") and text else f"{key} {text}"


def _written(character: str) -> str:
    if character in _WRITTEN:
        return _WRITTEN[character]
    if 32 <= ord(character) < 127:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2], 'big'):04x}" for at in range(0, len(units), 2))


def _logical_lines(text: str) -> Iterator[tuple[str, int, int]]:
    """Lines joined where a backslash ends them, without comments, blank lines and leading blanks; and from where to where."""
    found: list[str] = []
    continued = False
    at = first = 0
    while at < len(text):
        end = at
        if not continued:
            first = at
        while end < len(text) and text[end] not in _LINE_ENDS:
            end += 1
        natural = text[at:end].lstrip(_BLANKS)
        at = end + (2 if text[end : end + 2] == "\r\n" else 1)
        continued = False
        if not "".join(found) and (not natural or natural[0] in "#!"):
            # A continued line that has said nothing yet may still turn out to be a comment.
            continue
        if (len(natural) - len(natural.rstrip("\\"))) % 2:
            found.append(natural[:-1])
            continued = True
            continue
        yield "".join([*found, natural]), first, end
        found = []
    # What Java makes of a file that ends in a continued line: an empty one counts, but for Windows line ends.
    if continued and ("".join(found) or not text.endswith("\r\n")):
        yield "".join(found), first, len(text)


def _separator(line: str) -> tuple[int, int]:
    """Where the key ends and where the value begins."""
    end, escaped = 0, False
    while end < len(line) and (escaped or line[end] not in _BLANKS + "=:"):
        escaped = line[end] == "\\" and not escaped
        end += 1
    start, seen = end, False
    while start < len(line) and (line[start] in _BLANKS or (line[start] in "=:" and not seen)):
        seen = seen or line[start] in "=:"
        start += 1
    return end, start


def _unescaped(text: str) -> str:
    result, at = [], 0
    while at < len(text):
        character = text[at]
        at += 1
        if character == "\\" and at < len(text):
            character = text[at]
            at += 1
            if character == "u":
                digits = text[at : at + 4]
                at += 4
                if len(digits) < 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                    raise ValueError(
                        f'"\\u{digits}" is not a Unicode escape of a properties file (\\u and four hex digits)'
                    )
                character = chr(int(digits, 16))
            else:
                character = _ESCAPES.get(character, character)
        result.append(character)
    # Two escapes may be one character beyond the first 65,536.
    return "".join(result).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _trimmed(text: str) -> str:
    start, end = 0, len(text)
    while start < end and text[start] <= " " and text[start] not in _LINE_ENDS:
        start += 1
    while end > start and text[end - 1] <= " " and text[end - 1] not in _LINE_ENDS:
        end -= 1
    return text[start:end]
