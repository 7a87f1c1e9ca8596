"""``spark-xacct lab``: the embedded AWS, from the command line."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import click

from spark_xacct.cli import output
from spark_xacct.cli.demo import demo
from spark_xacct.cli.settings import Settings, with_format, with_settings
from spark_xacct.errors import ModelError
from spark_xacct.model import Location


@click.group(short_help="Run the embedded AWS.")
def lab() -> None:
    """Run an embedded AWS with the accounts, IAM documents, buckets and queues of the declaration, on this machine."""


lab.add_command(demo)


@lab.command(short_help="Start the lab and leave it running.")
@with_settings
@click.pass_obj
def up(settings: Settings) -> None:
    """Start the lab and leave it running; print the exports that lead to it.

    \b
    eval "$(spark-xacct lab up)"
    """
    from spark_xacct import declaration
    from spark_xacct.lab import Lab, LabError
    from spark_xacct.lab.running import find

    running = find()
    if running is not None:
        raise LabError(f"a lab runs already (pid {running.process.pid}); end it with: spark-xacct lab down")
    started = Lab(declaration.load(settings.config, settings.env).access_map, tied=False).start()
    try:
        started.leave_running()
    except BaseException:
        started.stop()
        raise
    if settings.format == "json":
        output.json_data(
            {
                "endpoint": started.endpoint,
                "pid": started.process.pid,
                "environment": started.environment(),
                "spark_properties": started.spark_properties(),
                "proofs": list(started.proofs),
            }
        )
        return
    for name, value in started.environment().items():
        output.data(f"export {name}={shlex.quote(value)}")
    output.talk(f"the lab runs on {started.endpoint} (pid {started.process.pid}); {len(started.proofs)} proofs held")


@lab.command(short_help="Stop the lab.")
def down() -> None:
    """Stop the lab that `lab up` left running. Succeeds, too, when none runs."""
    from spark_xacct.lab.running import end, find

    running = find()
    if running is None:
        output.talk("no lab runs")
        return
    end(running)
    output.talk(f"the lab with pid {running.process.pid} is down")


@lab.command(short_help="Say whether a lab runs, and who called.")
@with_format
@click.pass_obj
def status(settings: Settings) -> None:
    """Say whether a lab runs, where, and who called what so far. Exit code 1 when none runs."""
    from spark_xacct.lab.call_log import Call
    from spark_xacct.lab.running import find

    running = find()
    if running is None:
        output.talk("no lab runs; start one with: spark-xacct lab up")
        raise click.exceptions.Exit(1)
    calls = [Call.from_json(value) for value in running.control().ask("calls", number=0)]
    counted = Counter(
        (call.who or "unknown", f"{call.service}:{call.operation}", _what(call), call.status) for call in calls
    )
    seen: list[dict[str, Any]] = [
        {"who": who, "operation": operation, "what": what, "status": code, "calls": count}
        for (who, operation, what, code), count in sorted(counted.items())
    ]
    if settings.format == "json":
        output.json_data(
            {"endpoint": running.environment["AWS_ENDPOINT_URL"], "pid": running.process.pid, "calls": seen}
        )
        return
    output.table((), [("endpoint", running.environment["AWS_ENDPOINT_URL"]), ("pid", str(running.process.pid))])
    if seen:
        output.data("")
        output.table(tuple(seen[0]), [tuple(str(value) for value in row.values()) for row in seen])


def _what(call: Any) -> str:
    return str(call.bucket or call.queue or call.requested.get("RoleArn") or "")


@lab.command(short_help="Write an object into the lab.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("uri")
@with_settings
@click.pass_obj
def put(settings: Settings, file: Path, uri: str) -> None:
    """Write FILE to URI (s3://BUCKET/KEY) of the running lab, as the owner of the bucket."""
    from botocore.exceptions import ClientError

    from spark_xacct import declaration
    from spark_xacct.lab import Lab, LabError

    if not _location(uri).key:
        raise click.UsageError(f'"{uri}" names no object; write s3://BUCKET/KEY')
    running = Lab.attach(declaration.load(settings.config, settings.env).access_map)
    try:
        running.put(uri, file.read_bytes())
    except ClientError as error:
        answer = error.response["Error"]
        raise LabError(
            f"{uri} was not written: {answer['Code']} ({answer['Message']}); if the declaration has changed since, start the "
            "lab anew: spark-xacct lab down, spark-xacct lab up"
        ) from None


def _location(uri: str) -> Location:
    try:
        return Location.parse(uri)
    except ModelError as error:
        raise click.UsageError(str(error)) from None


@lab.command(short_help="Fetch hadoop-aws for a Spark line.")
@click.option("--release", required=True, metavar="LABEL", help="A Spark line: 3.5, 4.0, 4.1, 4.")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder for the jars; made where it is missing.",
)
def jars(release: str, target: Path) -> None:
    """Copy the smallest set of hadoop-aws and AWS SDK jars that works on a Spark line into DIR (7 to 13 MB)."""
    from spark_xacct.lab import LabError
    from spark_xacct.lab.jars import copy_jars, line_of

    try:
        line = line_of(release)
    except LabError as error:
        raise click.UsageError(f"--release: {error}") from None
    copied = copy_jars(line, target)
    megabytes = sum(jar.stat().st_size for jar in copied) / 1_000_000
    output.talk(f"{len(copied)} jars, {megabytes:.1f} MB, in {target}")
