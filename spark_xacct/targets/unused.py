"""Options of a job that a target has no use for: refused by name, because what is dropped without a word is missed later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from spark_xacct.errors import TargetError
from spark_xacct.targets.job import Job

# The options of the command line, where they are called otherwise than the fields.
_OPTIONS = {"entry_point": "--entry-point", "arguments": "--argument", "parameters": "--parameter"}


def check(target: str, job: Job, unused: Mapping[str, str]) -> None:
    """Raises TargetError for each field of ``unused`` that somebody has set; its value says why it has no use."""
    nothing_said = Job()
    problems = [
        f"{target}: {_OPTIONS.get(item.name, '--' + item.name)}: {unused[item.name]}"
        for item in fields(job)
        if item.name in unused and getattr(job, item.name) != getattr(nothing_said, item.name)
    ]
    if problems:
        raise TargetError("\n".join(problems))
