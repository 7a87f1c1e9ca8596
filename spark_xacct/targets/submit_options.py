"""Options of spark-submit that users give, joined with ours: as the arguments of a command, or as the one text of a job run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from spark_xacct.errors import TargetError
from spark_xacct.targets import merging, submit_command
from spark_xacct.targets.job import Job, check_parameters
from spark_xacct.targets.setting import How, Setting
from spark_xacct.targets.spark_submit import OPTIONS, option

# Options that are a setting by another name.
_NAMES = {option: name for name, option in OPTIONS.items()}


def joined(target: str, settings: Iterable[Setting], words: Sequence[str]) -> tuple[list[Setting], list[str]]:
    """Our settings with what the user's options say of them, and the options that are left, as they were written.

    Options win over spark-defaults: a list that both want is joined, the user's value stays where ours is only a default. Raises
    TargetError for what contradicts the plan.
    """
    found = list(_settings_in(words))
    theirs = {name: value for name, value, _ in found}
    ours = [one for one in settings if not (one.how is How.WHERE_UNSET and theirs.get(one.name))]
    merged = merging.merge(theirs, ours)
    if merged.conflicts:
        raise TargetError("\n".join(f"{target}: --parameter: {_advice(line)}" for line in merged.conflicts))
    taken = {one.name for one in ours} & set(theirs)
    gone = {at for name, _, places in found if name in taken for at in places}
    ours = [replace(one, value=merged.settings[one.name]) for one in ours]
    return ours, [word for at, word in enumerate(words) if at not in gone]


def as_arguments(target: str, job: Job, settings: Sequence[Setting], whole: bool) -> list[str]:
    """Options of spark-submit, as arguments. ``whole``: whether all our settings are among them; else those that the user's options
    change, because what is not said here stands in spark-defaults."""
    words = [word for parameter in job.parameters for word in _words(target, parameter)]
    before = {one.name: one.value for one in settings}
    ours, rest = joined(target, settings, words)
    named = {name for name, _, _ in _settings_in(words)}
    carried = [one for one in ours if whole or one.name in named or one.value != before[one.name]]
    return [part for one in carried for part in option(one)] + rest


def as_text(
    target: str, settings: Iterable[Setting], parameters: Sequence[str]
) -> tuple[list[Setting], tuple[str, ...]]:
    """Our settings joined, and the user's options that are left, for one text. Where none of them is ours to join, they stay as they
    were written."""
    words = _words_of_text(target, parameters)
    ours, rest = joined(target, settings, words)
    return ours, tuple(parameters) if rest == words else tuple(map(_quoted, rest))


def taken_apart(target: str, parameters: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The settings among options of spark-submit, by name, and the options that are no settings."""
    words = _words_of_text(target, parameters)
    found = list(_settings_in(words))
    gone = {at for _, _, places in found for at in places}
    return {name: value for name, value, _ in found}, [word for at, word in enumerate(words) if at not in gone]


def _settings_in(words: Sequence[str]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """(name, value, where) of every setting among options of spark-submit."""
    for part in submit_command.parts(words):
        if part.name in _NAMES:
            yield _NAMES[part.name], part.value, part.places
        elif part.name in submit_command.CONF:
            name, _, value = part.value.partition("=")
            yield name, value, part.places


def _words(target: str, parameter: str) -> list[str]:
    """One parameter as arguments of a command: an option and its value may stand in one text, as a shell would take them."""
    return _split(target, parameter) if parameter.startswith("-") and " " in parameter else [parameter]


def _words_of_text(target: str, parameters: Sequence[str]) -> list[str]:
    check_parameters(target, parameters)
    return _split(target, " ".join(parameters))


def _split(target: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise TargetError(
            f"{target}: --parameter cannot be taken apart ({error}); close the quotes of its values"
        ) from None


def _quoted(word: str) -> str:
    if not re.search(r"[\s\"'\\]", word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _advice(line: str) -> str:
    return line if "take it out" in line else f"{line}; take it out"
