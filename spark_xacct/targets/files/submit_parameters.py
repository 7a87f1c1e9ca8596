"""Parameters of spark-submit as requests carry them: one text (sparkSubmitParameters), or a list of arguments (a step of EMR on EC2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from spark_xacct.targets.files.existing import FileRefused

# Options that are another spelling of a setting, and win over it.
OPTIONS = {
    "--jars": "spark.jars",
    "--py-files": "spark.submit.pyFiles",
    "--files": "spark.files",
    "--archives": "spark.archives",
    "--packages": "spark.jars.packages",
}
_BY_SETTING = {setting: option for option, setting in OPTIONS.items()}
_CONF = ("--conf", "-c")
_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+""", re.DOTALL)
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<inside>.*)(?P=quote)\Z""", re.DOTALL)
_NEEDS_QUOTES = re.compile(r"[\s\"'\\]")


@dataclass(frozen=True)
class _Given:
    """A setting that is given: in which word, and what stands before and after its value there."""

    name: str
    value: str
    word: int
    before: str
    after: str

    @property
    def first_word(self) -> int:
        """Where its option stands."""
        return self.word if self.before.startswith("--") else self.word - 1


def settings(text: str) -> dict[str, str]:
    """The settings that a text of parameters gives, options by the names of their settings."""
    return {found.name: found.value for found in _given(_words(text), is_text=True)}


def given(command: Sequence[str]) -> dict[str, str]:
    """The same of a list of arguments."""
    return {found.name: found.value for found in _given(command, is_text=False)}


def changed_words(command: Sequence[str], changes: Mapping[str, str | None]) -> list[str]:
    """The arguments with these settings: changed where they stand, added behind the command's own name."""
    result = list(command)
    for found, value in _wanted(_given(command, is_text=False), changes):
        if value is None:
            del result[found.first_word : found.word + 1]
        else:
            result[found.word] = found.before + value
    end = result.index("spark-submit") + 1 if "spark-submit" in result else 0
    added = [part for option in _added(given(command), changes) for part in option]
    return [*result[:end], *added, *result[end:]]


def changed_text(text: str, changes: Mapping[str, str | None]) -> str:
    """The same for a text, added at its end: what is not changed keeps its blanks."""
    before, spans = settings(text), [found.span() for found in _WORD.finditer(text)]
    for found, value in _wanted(_given(_words(text), is_text=True), changes):
        start, end = spans[found.word]
        if value is None:
            first, rest = spans[found.first_word][0], text[end:].lstrip()
            text = text[:first] + rest if rest else text[:first].rstrip()
        else:
            text = text[:start] + _word_with(found, value) + text[end:]
    added = [part for option, value in _added(before, changes) for part in (option, _quoted(value))]
    return " ".join([*([text] if text.strip() else []), *added])


def _words(text: str) -> list[str]:
    return [found.group(0) for found in _WORD.finditer(text)]


def _wanted(there: Iterator[_Given], changes: Mapping[str, str | None]) -> Iterator[tuple[_Given, str | None]]:
    """What is changed, from the end, so that places before it stay what they are. Of two with one name the last counts."""
    seen = set()
    for found in reversed(list(there)):
        if found.name in changes and (changes[found.name] is None or found.name not in seen):
            yield found, changes[found.name]
        seen.add(found.name)


def _added(there: Mapping[str, str], changes: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    for name, value in changes.items():
        if name not in there and value is not None:
            yield (_BY_SETTING[name], value) if name in _BY_SETTING else ("--conf", f"{name}={value}")


def _given(command: Sequence[str], is_text: bool) -> Iterator[_Given]:
    at = 0
    while at < len(command):
        word = command[at]
        option, equals, _ = word.partition("=")
        if word in _CONF or word in OPTIONS:
            at += 1
            if at < len(command):
                yield from _one(word, command[at], at, "", is_text)
        elif equals and (option in OPTIONS or option == "--conf"):
            yield from _one(option, word[len(option) + 1 :], at, f"{option}=", is_text)
        at += 1


def _one(option: str, word: str, at: int, before: str, is_text: bool) -> Iterator[_Given]:
    inside, start, after = _unquoted(word, is_text)
    if option in OPTIONS:
        yield _Given(OPTIONS[option], _plain(inside, is_text), at, before + start, after)
        return
    name, equals, value = inside.partition("=")
    if equals:
        value, begins, ends = _unquoted(value, is_text)
        yield _Given(name, _plain(value, is_text), at, f"{before}{start}{name}={begins}", ends + after)


def _unquoted(text: str, is_text: bool) -> tuple[str, str, str]:
    """A part of a text without its quotes, and the quotes. Arguments of a list have none."""
    found = _QUOTED.match(text) if is_text else None
    return (found["inside"], found["quote"], found["quote"]) if found else (text, "", "")


def _plain(text: str, is_text: bool) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) if is_text else text


def _word_with(found: _Given, value: str) -> str:
    """A word of a text with another value, in the quotes that it has had."""
    if not found.after:
        return _quoted(found.before + value)
    if found.after[0] == '"':
        return found.before + _escaped(value) + found.after
    if "'" in value:
        raise FileRefused(
            f"{found.name}: its value holds a quote, and stands in quotes of that kind; write double quotes there"
        )
    return found.before + value + found.after


def _quoted(word: str) -> str:
    return f'"{_escaped(word)}"' if _NEEDS_QUOTES.search(word) else word


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
