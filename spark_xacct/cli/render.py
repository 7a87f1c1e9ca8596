"""``spark-xacct render``: the settings of a target."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from spark_xacct import declaration, plan, targets, version
from spark_xacct.cli import existing, output
from spark_xacct.cli.folder import write
from spark_xacct.cli.job_options import with_job
from spark_xacct.cli.registered import Registered
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.errors import SparkStartError, TargetError
from spark_xacct.spark import jar as spark_jar

PLAN = "plan"
_ID_PLACEHOLDER = re.compile(r"<id of the [a-z ]+>")


class _ListsTargets(click.Command):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Targets"):
            formatter.write_text(", ".join(_names()))
        with formatter.section("Releases"):
            formatter.write_text(targets.releases.known())


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


def _with_digest(job: targets.Job, named: str) -> tuple[targets.Job, str | None]:
    """The job with the sha256 of the jar at ``named``, else of the jar of this installation; and why it could not be taken."""
    try:
        path = Path(named) if Path(named).is_file() else spark_jar.find(os.environ)
        return replace(job, jar_sha256=spark_jar.sha256(path)), None
    except (SparkStartError, OSError) as error:
        return job, f"{error}; until then write its sha256 instead of {job.jar_sha256}"


def _is_packaged() -> bool:
    return (Path(version.__file__).parent / "jars" / spark_jar.JAR_NAME).exists()


def _checked(
    target: str,
    compiled: plan.Plan,
    release: str | None,
    use: tuple[str, ...],
    flavour: str | None,
    job: targets.Job | None,
) -> None:
    """Wrong usage is what names something that is not there; what is there and cannot be carried is found later."""
    found = targets.find(target)
    if release == "":
        raise click.UsageError("--release is empty; name a release, or leave it out for the default")
    try:
        resolved = targets.releases.resolve(release or found.default_release)
    except TargetError as error:
        raise click.UsageError(f"--release: {error}") from None
    try:
        found.check(resolved, targets.Flavour(flavour) if flavour else found.flavours[0])
    except TargetError as error:
        raise click.UsageError(str(error)) from None
    try:
        targets.narrowed(compiled.access_map, use)
    except TargetError as error:
        raise click.UsageError(str(error)) from None
    if job is not None and found.takes_job and _is_of_this_machine(job.entry_point):
        raise click.UsageError(
            f"--entry-point {job.entry_point} is a path of this machine, which {target} does not see; write s3://BUCKET/KEY, or the whole path "
            "on the platform, or take `spark-xacct submit`, which stages it"
        )
    if job is not None and not found.takes_job:
        launching = ", ".join(name for name in targets.names() if targets.find(name).takes_job)
        raise click.UsageError(
            f"{target} launches nothing, so it takes no options of a job; those that do are {launching}"
        )


def _is_of_this_machine(entry_point: str) -> bool:
    return "://" not in entry_point and not entry_point.startswith("/") and not targets.job.is_placeholder(entry_point)


def _options_for_placeholders(rendered: targets.Rendered, text: str) -> Iterator[str]:
    """The options that would fill what stands in the text as <...>."""
    for name in rendered.job.placeholders:
        if str(getattr(rendered.job, name)) in text:
            yield f"--{name.replace('_', '-')}"
    if rendered.job.on is None and _ID_PLACEHOLDER.search(text):
        yield "--on"


def _one(files: dict[str, str], name: str) -> str:
    if name not in files:
        raise click.UsageError(f'--file: there is no "{name}"; there are {", ".join(files)}')
    return files[name]


@click.command(cls=_ListsTargets, short_help="Print the settings of a target.")
@click.argument("target", type=Registered(lambda: _names()), metavar="TARGET")
@click.option(
    "--release",
    metavar="LABEL",
    help="spark-3.5, spark-4, emr-7.10.0, ... Default: the target's, else the pyspark found.",
)
@click.option(
    "--use",
    metavar="BUCKET,...",
    multiple=True,
    callback=_buckets,
    help="Render these buckets only; refuse the others.",
)
@click.option("--jar", metavar="PATH", help="Where the jar will be. Default: the jar of this installation.")
@click.option(
    "--flavour",
    type=click.Choice([str(flavour) for flavour in targets.Flavour]),
    help="Whose credential providers: ours, or Hadoop's own. Default: the target's.",
)
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write the files into this folder."
)
@click.option("--overwrite", is_flag=True, help="With --to: replace files whose content differs.")
@click.option("--file", "one", metavar="NAME", help="Print this file only.")
@click.option(
    "--with",
    "there",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Merge the settings into this file and print the difference: spark-defaults.conf, Hadoop XML, JSON of EMR or Livy.",
)
@click.option("--replace", is_flag=True, help="With --with: replace existing values that conflict with the plan.")
@with_job
@with_settings
@click.pass_obj
def render(
    settings: Settings,
    target: str,
    release: str | None,
    use: tuple[str, ...],
    jar: str | None,
    flavour: str | None,
    folder: Path | None,
    overwrite: bool,
    one: str | None,
    there: Path | None,
    replace: bool,
    job: targets.Job | None,
) -> None:
    """Print the settings that put the declaration in force on TARGET.

    TARGET plan prints the plan itself, which load and start accept where no declaration can be read; with --format json it
    is the same plan in readable form. The options from --name on describe the job, for targets that start one.
    """
    compiled = declaration.load(settings.config, settings.env).compiled()
    if target == PLAN:
        if any((release, use, jar, flavour, folder, overwrite, one, there, replace, job)):
            raise click.UsageError(
                "the plan is the same for every release and jar and holds every bucket; drop --release, --use, --jar and the like"
            )
        output.data(compiled.canonical_json() if settings.format == "json" else compiled.text)
        return
    _checked(target, compiled, release, use, flavour, job)
    if one and folder:
        raise click.UsageError("--to writes every file and --file prints one: drop one of the two")
    if (one and there) or (replace and not there):
        raise click.UsageError("--with FILE prints what becomes of that file: drop --file; --replace goes with it only")
    path, missing = (jar, None) if jar else _jar_here()
    without_digest = None
    if targets.find(target).takes_job:
        job, without_digest = _with_digest(job or targets.Job(), path)
    rendered: Any = targets.render(
        target,
        compiled,
        release=release,
        use=use,
        jar=path,
        flavour=targets.Flavour(flavour) if flavour else None,
        job=job,
    )
    undecided = False
    if there is not None:
        merged = existing.answer(rendered, there, replace, settings.format, folder, overwrite)
        text, undecided = merged.text, bool(merged.conflicts)
    elif folder is not None:
        text = "\n".join(rendered.files().values())
        write(rendered.files(), folder, overwrite)
    else:
        text = _answer(rendered, settings.format, one)
        output.data(text)
    if missing is not None and targets.JAR_PLACEHOLDER in text:
        output.talk(missing)
    if without_digest is not None and job is not None and job.jar_sha256 in text:
        output.talk(without_digest)
    missing_options = list(_options_for_placeholders(rendered, text)) if rendered.target.takes_job else []
    if missing_options:
        output.talk(f"still to be filled in: {', '.join(missing_options)}")
    for note in rendered.settings.release.notes:
        output.talk(note)
    if undecided:
        raise click.exceptions.Exit(1)


def _answer(rendered: targets.Rendered, form: str, one: str | None) -> str:
    if one is not None:
        return _one(rendered.files(), one).rstrip("\n")
    if form == "json":
        return json.dumps(rendered.data, indent=2)
    return rendered.text().rstrip("\n")
