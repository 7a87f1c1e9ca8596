"""``spark-xacct import``: a declaration made from existing settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spark_xacct.cli import existing, output
from spark_xacct.cli.settings import Settings, with_format
from spark_xacct.errors import ModelError
from spark_xacct.model import Sts
from spark_xacct.targets.files import FileRefused

if TYPE_CHECKING:
    from spark_xacct.importing import Imported


def _region(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return Sts(value).region if value is not None else None
    except ModelError as error:
        raise click.BadParameter(f"{error}; write one such as eu-west-1") from None


_with_region = click.option(
    "--region", metavar="REGION", callback=_region, help="The region whose STS is asked, where the settings name none."
)


@click.group("import", short_help="Make a declaration from existing settings.")
def import_() -> None:
    """Make a declaration from existing settings: it goes to stdout, what it cannot express goes to stderr.

    Nothing is asked of AWS, and no key is read or printed. Exit code 1 where nothing was found.
    """


@import_.command(short_help="From settings of EMRFS and S3A.")
@click.argument("paths", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@_with_region
@with_format
@click.pass_obj
def emrfs(settings: Settings, paths: tuple[Path, ...], region: str | None) -> None:
    """Make a declaration from settings of EMRFS and S3A.

    FILE is a spark-defaults.conf, core-site.xml or emrfs-site.xml, JSON of EMR (configurations, a whole request, a security
    configuration) or the body of a Livy session. Several are read together, Spark's own above Hadoop's.
    """
    from spark_xacct import importing

    _answer(settings, importing.from_emrfs([(path.name, _text(path)) for path in paths], region))


@import_.command("aws-profile", short_help="From AWS profiles.")
@click.argument("path", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@click.option(
    "--profile", metavar="NAME", help="This profile and those on its chain. Default: every profile that assumes a role."
)
@_with_region
@with_format
@click.pass_obj
def aws_profile(settings: Settings, path: Path | None, profile: str | None, region: str | None) -> None:
    """Make a declaration from AWS profiles: role_arn and source_profile become roles that go via each other.

    FILE is the configuration file. Default: AWS_CONFIG_FILE, else ~/.aws/config.
    """
    from spark_xacct import importing

    path = path or Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    _answer(settings, importing.from_profiles(path.name, _text(path), profile, region))


def _text(path: Path) -> str:
    from spark_xacct import importing

    try:
        return existing.read(path)
    except FileRefused as error:
        raise importing.NothingImported(str(error)) from None


def _answer(settings: Settings, imported: Imported) -> None:
    if settings.format == "json":
        output.json_data({"declaration": imported.text, "not_carried": list(imported.left)})
        return
    output.data(imported.text.rstrip("\n"))
    for line in imported.left:
        output.talk(line)
