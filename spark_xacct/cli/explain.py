"""``spark-xacct explain``: who serves a location, and why; or the whole of a plan."""

from __future__ import annotations

import json

import click

from spark_xacct import declaration, plan
from spark_xacct.access.explanation import explain as explain_location
from spark_xacct.cli import output
from spark_xacct.cli.plan_text import absolute
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.errors import ModelError
from spark_xacct.model import AccessMap, Location
from spark_xacct.plan import Plan


class _S3Location(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2 only
    name = "uri"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            Location.parse(value)
        except ModelError as error:
            self.fail(str(error), param, ctx)
        return value


@click.command(short_help="Say who serves a location, and why.")
@click.argument("uri", type=_S3Location(), required=False)
@click.option(
    "--plan", "plan_text", metavar="TEXT", help="Explain this plan (z1:..., file:/PATH) instead of the declaration."
)
@with_settings
@click.pass_obj
def explain(settings: Settings, uri: str | None, plan_text: str | None) -> None:
    """Say who serves URI (s3://, s3a://, s3n://), through which roles, and why. Without URI: everything that is declared.

    A location that is refused is explained too: that is an answer, and the exit code is 0. Nothing is asked of AWS.
    """
    if plan_text is not None:
        explained = plan.decode(absolute(plan_text))
    else:
        explained = declaration.load(settings.config, settings.env).compiled()
    if uri is not None:
        explanation = explain_location(explained, uri)
        if settings.format == "json":
            output.json_data(explanation.to_dict())
        else:
            output.table((), explanation.rows())
    elif settings.format == "json":
        output.json_data({"id": explained.id, "plan": json.loads(explained.canonical_json())})
    else:
        _whole(explained)


def _whole(explained: Plan) -> None:
    access_map = explained.access_map
    output.data(explained.about)
    output.table((), _rows_of_the_map(access_map))
    if access_map.roles:
        output.data("")
        output.table(("role", "arn", "via", "session name", "duration", "external id"), _rows_of_roles(access_map))
    if access_map.bindings:
        output.data("")
        output.table(("bucket", "role", "access", "owner", "region"), _rows_of_bindings(access_map))


def _rows_of_the_map(access_map: AccessMap) -> list[tuple[str, str]]:
    base, python = access_map.base, access_map.python_default_role
    rows = [
        ("base", f"{base.kind} {base.arn}" if base.arn else f"{base.kind}, whoever that is"),
        ("sts", f"{access_map.sts.region} {access_map.sts.endpoint or ''}".strip()),
        ("otherwise", "deny" if access_map.deny_undeclared else "platform"),
        ("own", ", ".join(map(str, access_map.own)) or "none"),
        ("python", ", ".join(access_map.python_roles) or "none"),
    ]
    return rows if python is None else [*rows, ("python default", python)]


def _rows_of_roles(access_map: AccessMap) -> list[tuple[str, ...]]:
    return [
        (
            role.name,
            str(role.arn),
            role.via or "base",
            role.session_name,
            f"{role.duration_seconds} s",
            str(role.external_id or "none"),
        )
        for role in sorted(access_map.roles.values(), key=lambda role: role.name)
    ]


def _rows_of_bindings(access_map: AccessMap) -> list[tuple[str | None, ...]]:
    return [(item.key, item.role or "base", item.access, item.owner, item.region) for item in access_map.bindings]
