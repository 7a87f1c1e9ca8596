"""``spark-xacct schema``: the declaration's JSON Schema."""

from __future__ import annotations

import click

from spark_xacct import declaration
from spark_xacct.cli import output
from spark_xacct.cli.settings import with_format


@click.command()
@with_format
def schema() -> None:
    """Print the JSON Schema of a declaration, for editors.

    In VS Code: put "# yaml-language-server: $schema=xacct.schema.json" on the declaration's first line.
    """
    output.json_data(declaration.schema())
