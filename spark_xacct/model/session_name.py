"""Role-session names: a template with ``{run}`` and ``{user}``, filled in at run time."""

from __future__ import annotations

import re

from spark_xacct.errors import ModelError
from spark_xacct.model import limits

DEFAULT_TEMPLATE = "xacct-{run}"
PLACEHOLDERS = ("run", "user")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OUTSIDE_ALPHABET = re.compile(r"[^A-Za-z0-9_+=,.@-]")


def problem_with(template: str) -> str | None:
    """What is wrong with a template, or None. A literal must fit STS's alphabet; values are sanitised later."""
    unknown = sorted(set(_PLACEHOLDER.findall(template)) - set(PLACEHOLDERS))
    if unknown:
        return f'session name "{template}" has the unknown placeholder {{{unknown[0]}}}; known are {{run}} and {{user}}'
    literal = _PLACEHOLDER.sub("", template)
    if _OUTSIDE_ALPHABET.search(literal):
        return f'session name "{template}" has characters that STS refuses; it takes letters, digits and _+=,.@-'
    if literal == template and not limits.SESSION_NAME.match(template):
        return f'session name "{template}" has {len(template)} characters; STS takes 2 to 64'
    return None


def check(template: str) -> None:
    """Raises ModelError with the text of ``problem_with``."""
    problem = problem_with(template)
    if problem:
        raise ModelError(problem)


def fill(template: str, run: str, user: str) -> str:
    """The session name for this run and user: always 2 to 64 characters of STS's alphabet."""
    values = {"run": _sanitised(run), "user": _sanitised(user)}
    name = _PLACEHOLDER.sub(lambda match: values[match.group(1)], template)
    return name[: limits.SESSION_NAME_MAXIMUM_CHARACTERS].ljust(2, "-")


def _sanitised(value: str) -> str:
    return _OUTSIDE_ALPHABET.sub("-", value) or "unknown"
