"""A command of spark-submit, taken apart as Spark does it:
https://github.com/apache/spark/blob/master/launcher/src/main/java/org/apache/spark/launcher/SparkSubmitOptionParser.java
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Options without a value. Every other one has a value, so one that is new to us does too.
SWITCHES = ("--help", "-h", "--supervise", "--usage-error", "--verbose", "-v", "--version")
CONF = ("--conf", "-c")
DEPLOY_MODE = "spark.submit.deployMode"


class Part(NamedTuple):
    """An option with its value, or a word that is none, whose ``name`` is empty. ``places``: the words that it is of."""

    name: str
    value: str
    places: tuple[int, ...]


def parts(words: Sequence[str]) -> Iterator[Part]:
    """What words are, one after another, as long as none of them is the program, which the first that is no option is."""
    at = 0
    while at < len(words):
        word = words[at]
        name, _, value = word.partition("=")
        if not word.startswith("-"):
            yield Part("", word, (at,))
        elif word in SWITCHES:
            yield Part(word, "", (at,))
        # A short option has its value apart.
        elif value and word.startswith("--"):
            yield Part(name, value, (at,))
        else:
            after = words[at + 1 : at + 2]
            yield Part(word, "".join(after), tuple(range(at, at + 1 + len(after))))
            at += len(after)
        at += 1


def taken_apart(arguments: Sequence[str]) -> tuple[list[Part], str | None]:
    """The options, and the program, None where none is named. What follows the program is its own."""
    options: list[Part] = []
    for part in parts(arguments):
        if not part.name:
            return options, part.value
        options.append(part)
    return options, None


def deploy_mode(arguments: Sequence[str]) -> str:
    """client or cluster: the last option of that name, else the last setting, else client."""
    options, _ = taken_apart(arguments)
    named = [one.value for one in options if one.name == "--deploy-mode"]
    settings = [one.value.partition("=") for one in options if one.name in CONF]
    set_so = [value for name, _, value in settings if name == DEPLOY_MODE]
    return ["client", *set_so, *named][-1]
