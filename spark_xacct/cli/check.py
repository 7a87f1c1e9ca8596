"""``spark-xacct check``: is the declaration good?"""

from __future__ import annotations

from typing import Any

import click

from spark_xacct import declaration
from spark_xacct.cli import output
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.errors import DeclarationError, Problem


@click.command(short_help="Check the declaration.")
@with_settings
@click.pass_obj
def check(settings: Settings) -> None:
    """Check the declaration: every problem at once, with its line; or notes and one line that sums it up.

    Nothing is asked of AWS.
    """
    try:
        found = declaration.load(settings.config, settings.env)
    except DeclarationError as error:
        if settings.format == "json":
            output.json_data({**_head(settings), "plan": None, "problems": _listed(error.problems), "notes": []})
            raise click.exceptions.Exit(error.exit_code) from None
        raise
    compiled = found.compiled()
    if settings.format == "json":
        output.json_data({**_head(settings), "plan": compiled.id, "problems": [], "notes": _listed(found.notes)})
        return
    for note in found.notes:
        output.data(f"{note.file}:{note.line}:{note.column}: note: {note.what}; {note.fix}")
    environment = f", environment {settings.env}" if settings.env is not None else ""
    output.data(f"{settings.config}: good: {compiled.about}{environment}")


def _head(settings: Settings) -> dict[str, Any]:
    return {"file": str(settings.config), "environment": settings.env}


def _listed(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    names = ("file", "line", "column", "what", "fix")
    return [{name: getattr(problem, name) for name in names} for problem in problems]
