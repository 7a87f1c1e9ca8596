"""``spark-xacct render``: the settings of a target."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from spark_xacct import declaration, plan, targets, version
from spark_xacct.cli import output
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.errors import SparkStartError, TargetError
from spark_xacct.spark import jar as spark_jar

PLAN = "plan"


class _Target(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2 only
    """A target's name; asked of the registry each time, which anyone may add to."""

    name = "target"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in _names():
            self.fail(f'"{value}" is not one of {", ".join(_names())}', param, ctx)
        return value


class _ListsTargets(click.Command):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Targets"):
            formatter.write_text(", ".join(_names()))


def _names() -> list[str]:
    return [PLAN, *targets.names()]


def _buckets(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    buckets = tuple(bucket.strip() for value in values for bucket in value.split(",") if bucket.strip())
    if values and not buckets:
        # An empty variable of a script: nothing was meant to be rendered, and no --use would render everything.
        raise click.UsageError("--use names no bucket; write --use BUCKET,..., or leave it out for every bucket")
    return buckets


def _jar_here() -> tuple[str, str | None]:
    """The jar of this installation; where there is none at all, the placeholder and what to say about it."""
    try:
        return str(spark_jar.find(os.environ)), None
    except SparkStartError as error:
        if os.environ.get(spark_jar.JAR_ENVIRONMENT) or _is_packaged():
            raise
        return targets.JAR_PLACEHOLDER, f"{error}; until then write its path instead of {targets.JAR_PLACEHOLDER}"


def _is_packaged() -> bool:
    return (Path(version.__file__).parent / "jars" / spark_jar.JAR_NAME).exists()


def _checked(target: str, compiled: plan.Plan, release: str | None, use: tuple[str, ...]) -> None:
    """Wrong usage is what names something that is not there; what is there and cannot be carried is found later."""
    try:
        targets.releases.resolve(release or targets.find(target).default_release)
    except TargetError as error:
        raise click.UsageError(f"--release: {error}") from None
    try:
        targets.narrowed(compiled.access_map, use)
    except TargetError as error:
        raise click.UsageError(str(error)) from None


@click.command(cls=_ListsTargets, short_help="Print the settings of a target.")
@click.argument("target", type=_Target(), metavar="TARGET")
@click.option("--release", metavar="LABEL", help="spark-3.5, spark-4, emr-7.10.0, ... Default: the pyspark found here.")
@click.option(
    "--use",
    metavar="BUCKET,...",
    multiple=True,
    callback=_buckets,
    help="Render these buckets only; refuse the others.",
)
@click.option("--jar", metavar="PATH", help="Where the jar will be. Default: the jar of this installation.")
@with_settings
@click.pass_obj
def render(settings: Settings, target: str, release: str | None, use: tuple[str, ...], jar: str | None) -> None:
    """Print the settings that put the declaration in force on TARGET.

    The target plan prints the plan itself, which load and start take where no declaration can be read
    (with --format json: readable, the same plan).
    """
    compiled = declaration.load(settings.config, settings.env).compiled()
    if target == PLAN:
        if release is not None or use or jar is not None:
            raise click.UsageError(
                "the plan is the same for every release and jar and holds every bucket; drop --release, --use and --jar"
            )
        output.data(compiled.canonical_json() if settings.format == "json" else compiled.text)
        return
    _checked(target, compiled, release, use)
    path, missing = (jar, None) if jar else _jar_here()
    rendered: Any = targets.render(target, compiled, release=release, use=use, jar=path)
    text = json.dumps(rendered.data, indent=2) if settings.format == "json" else rendered.text().rstrip("\n")
    output.data(text)
    if missing is not None and targets.JAR_PLACEHOLDER in text:
        output.talk(missing)
