"""``spark-xacct credentials``: the session of one role, as a ``credential_process`` of AWS profiles must print it.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

from datetime import timezone
from typing import Any

import click

from spark_xacct import declaration, plan
from spark_xacct.access import Access
from spark_xacct.cli import output
from spark_xacct.cli.plan_text import absolute
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.errors import UndeclaredError
from spark_xacct.plan import Plan

VERSION = 1


@click.command(short_help="Print a role's session for credential_process.")
@click.option("--role", metavar="NAME", help="A role of python.roles. Default: python.default_role.")
@click.option("--plan", "plan_text", metavar="TEXT", help="Follow this plan (z1:..., file:/PATH), not the declaration.")
@click.option("--show", is_flag=True, help="Print the secrets on a terminal too.")
@with_settings
@click.pass_obj
def credentials(settings: Settings, role: str | None, plan_text: str | None, show: bool) -> None:
    """Print the session of a role as JSON, for credential_process in a profile of ~/.aws/config.

    Asks STS for every hop of the role's chain, or the JVM that started this process. The output holds secrets: AWS SDKs run
    the command and keep them in memory. `render aws-profile-process` writes such profiles.
    """
    if output.is_terminal() and not show:
        raise click.UsageError(
            "this would print secrets on a terminal; let an AWS profile run it as its credential_process, or say --show"
        )
    if plan_text is not None:
        followed = plan.decode(absolute(plan_text))
    else:
        followed = declaration.load(settings.config, settings.env).compiled()
    output.json_data(session_of(followed, role or _default_role(followed)))


def session_of(followed: Plan, role: str) -> dict[str, Any]:
    """What a credential_process must print for one role of a plan. Raises click.UsageError, RoleSessionError."""
    sessions = Access(followed).role_sessions
    try:
        sessions.session(role)
    except UndeclaredError as undeclared:
        raise click.UsageError(f"--role: {undeclared}") from None
    frozen, _, ends = sessions.credentials_now(role)
    assert ends is not None
    return {
        "Version": VERSION,
        "AccessKeyId": frozen.access_key,
        "SecretAccessKey": frozen.secret_key,
        "SessionToken": frozen.token,
        # The form that every SDK's parser takes.
        "Expiration": f"{ends.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
    }


def _default_role(followed: Plan) -> str:
    default = followed.access_map.python_default_role
    if default is None:
        roles = ", ".join(followed.access_map.python_roles) or "none"
        raise click.UsageError(
            f"which role? There is no python.default_role; say --role with one of python.roles: {roles}"
        )
    return default
