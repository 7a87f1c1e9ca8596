"""``spark-xacct run``: a command under a role."""

from __future__ import annotations

import os
from functools import partial

import click

from spark_xacct import declaration
from spark_xacct.cli import output
from spark_xacct.cli.credentials import session_of
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.launch import LaunchError, under_role
from spark_xacct.launch.clients import of_this_shell


@click.command(
    short_help="Run a command under a role.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("--role", required=True, metavar="NAME", help="A role of python.roles.")
@click.option(
    "--static-keys",
    is_flag=True,
    help="Put one session's keys into its environment, for SDKs without credential_process.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@with_settings
@click.pass_obj
def run(settings: Settings, role: str, static_keys: bool, command: tuple[str, ...]) -> None:
    """Run COMMAND so that its AWS clients, in any language, use the role; sessions are renewed while it runs.

    The command gets an AWS configuration of its own, whose credential_process asks spark-xacct. No key is in its environment
    or in a file, and whatever SDKs would prefer to it is removed. Signals and the exit code are passed on.
    """
    plan = declaration.load(settings.config, settings.env).compiled()
    session = partial(session_of, plan, role)
    if static_keys:
        keys = session()
        output.talk(
            f"--static-keys: the keys are in the environment of {command[0]}, for everybody who may read that, and end at "
            f"{keys['Expiration']}; nothing renews them"
        )
        # Whose end was told is what the command gets.
        session = partial(dict, keys)
    try:
        region = of_this_shell(os.environ).region or plan.access_map.sts.region
        code = under_role.run(command, session, region, os.environ, static_keys)
    except LaunchError as error:
        output.talk(f"run: {error}")
        code = error.exit_code
    raise click.exceptions.Exit(code)
