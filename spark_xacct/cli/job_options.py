"""The options that describe a job, for commands that render or launch one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import click

from spark_xacct.targets import Job

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--name", metavar="TEXT", help="The job's name."),
    click.option(
        "--entry-point", metavar="URI", help="The program, where the platform finds it; for submit also a local file."
    ),
    click.option(
        "--argument", "arguments", metavar="TEXT", multiple=True, help="An argument of the program; may be repeated."
    ),
    click.option(
        "--parameter",
        "parameters",
        metavar="TEXT",
        multiple=True,
        help="A further option of spark-submit, as in --parameter=--verbose; may be repeated.",
    ),
    click.option("--role", metavar="ARN", help="The role that the job runs as. Default: base.arn of the declaration."),
    click.option("--on", metavar="ID", help="The cluster, virtual cluster or application that runs it."),
    click.option("--logs", metavar="URI", help="Where the platform writes logs."),
    click.option("--staging", metavar="URI", help="A folder in a bucket of your own account, for jar and scripts."),
    click.option(
        "--image", metavar="URI", help="The image that contains the jar. Default: none; spark.jars brings it."
    ),
    click.option("--spark-jars", is_flag=True, help="EMR on EC2: install nothing, spark.jars brings the jar."),
)
_NAMES = ("name", "entry_point", "arguments", "parameters", "role", "on", "logs", "staging", "image", "spark_jars")


def refuse_empty(options: Mapping[str, object]) -> None:
    """Raises click.UsageError for an option that was given without a value."""
    for name, value in options.items():
        if isinstance(value, str) and not value.strip():
            raise click.UsageError(f"{name} is empty; give it a value, or leave it out")


def with_job(function: _Function) -> _Function:
    """Adds the options of a job to a command, which gets them as ``job``: a Job, or None where none of them was given."""

    @functools.wraps(function)
    def told(*arguments: Any, **options: Any) -> Any:
        told_of = {name: options.pop(name) for name in _NAMES}
        # An empty variable of a script: nothing was meant to be left to the default.
        refuse_empty({f"--{name.replace('_', '-')}": value for name, value in told_of.items()})
        given = {name: value for name, value in told_of.items() if value}
        return function(*arguments, job=Job(**given) if given else None, **options)

    for option in reversed(_OPTIONS):
        told = option(told)
    return cast(_Function, told)
