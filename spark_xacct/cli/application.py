"""The group of all commands: loaded when asked for, with one way out for every error of ours."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import click

from spark_xacct.cli import output
from spark_xacct.cli.settings import Settings, read_settings, with_settings
from spark_xacct.errors import XacctError
from spark_xacct.version import __version__

# Each is a module of this package that holds a click command of its name.
COMMANDS = ("check", "credentials", "explain", "iam", "import", "lab", "render", "run", "schema", "submit")
# A keyword cannot name a module.
_MODULES = {"import": "import_"}

EXIT_CODES = """\b
Exit codes: 0 good (an explained denial too), 1 a check or the job failed,
2 usage, 3 bad declaration, 4 AWS refused."""


class Commands(click.Group):
    """Commands by the name of their module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if importlib.util.find_spec(_module(name)) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(importlib.import_module(_module(cmd_name)), _MODULES.get(cmd_name, cmd_name))
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except XacctError as error:
            output.talk(str(error))
            ctx.exit(error.exit_code)


def _module(name: str) -> str:
    return f"spark_xacct.cli.{_MODULES.get(name, name)}"


@click.group(cls=Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="spark-xacct")
@with_settings
@click.pass_context
def cli(context: click.Context) -> None:
    """One declaration of roles and buckets: the same AWS role chain in Spark's JVM and in its Python workers."""
    if not isinstance(context.obj, Settings):
        context.obj = read_settings()
