"""``spark-xacct lab demo``: the main job against the embedded AWS, told by the server's own log."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

import spark_xacct
from spark_xacct.cli import output
from spark_xacct.cli.settings import Settings, with_format


@click.command(short_help="Run the demo job against a lab.")
@click.option(
    "--example",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Another example folder. Default: two-accounts.",
)
@click.option("--master", default="local-cluster[2,1,1024]", show_default=True, help="Where Spark runs.")
@with_format
@click.pass_obj
def demo(settings: Settings, example: Path | None, master: str) -> None:
    """Run a PySpark job that reads another account's bucket through a role chain, writes to a third account and sends
    SQS messages from its workers. Exit code 1 when JVM and workers did not share one session, or a refusal did not hold."""
    from spark_xacct.lab import demo as demonstration

    folder = example or demonstration.example_folder(Path(spark_xacct.__file__).parent)
    report = demonstration.run(folder, demonstration.default_line(), master, output.talk)
    if settings.format == "json":
        output.json_data(asdict(report))
    else:
        _print(report)
    if not report.ok:
        output.talk("the demo did not hold: JVM and workers differ, or something was not refused")
        raise click.exceptions.Exit(1)


def _print(report: object) -> None:
    from spark_xacct.lab.demo import DemoReport

    assert isinstance(report, DemoReport)
    output.data(f"Spark {report.spark}: {report.job_output}\n")
    output.data("Who the server saw")
    rows = [
        (item.name, " -> ".join(arn.rpartition(":")[2] for arn in item.chain), who, by)
        for item in report.reached
        for who, sessions in (("JVM", item.jvm), ("Python workers", item.python))
        for by in sessions
    ]
    output.table(("what", "chain", "asked by", "identity in the server's log"), rows)
    output.data("\nWhat was refused")
    output.table(
        ("tried", "refused by", "in words"),
        [(item.tried, item.by if item.held else "NOBODY", item.words) for item in report.refused],
    )
    output.data("\nCalls of STS by role")
    output.table((), [(role, str(count)) for role, count in report.sts_calls.items()])
    output.talk(", ".join(f"{name} {seconds} s" for name, seconds in report.seconds.items()))
