"""Options of a job that a target has no use for: what is dropped without a word is missed later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spark_xacct.errors import TargetError
from spark_xacct.targets.job import Job

# Options that are called otherwise than their fields.
_OPTIONS = {"arguments": "--argument", "parameters": "--parameter"}


def check(target: str, job: Job, refused: Mapping[str, str]) -> None:
    """Raises TargetError for each field of ``refused`` that somebody has set; its value says why it has no use."""
    problems = [f"{target}: {option_of(name)}: {refused[name]}" for name in given(job, refused)]
    if problems:
        raise TargetError("\n".join(problems))


def given(job: Job, names: Iterable[str]) -> list[str]:
    """Which of these fields somebody has set."""
    nothing_said = Job()
    return [name for name in names if getattr(job, name) != getattr(nothing_said, name)]


def option_of(name: str) -> str:
    """What the command line calls a field."""
    return _OPTIONS.get(name, "--" + name.replace("_", "-"))
