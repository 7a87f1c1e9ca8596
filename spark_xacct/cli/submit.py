"""``spark-xacct submit``: stages, launches, waits, shows the driver's log."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import click

from spark_xacct import declaration, launch, targets
from spark_xacct.aws.role_sessions import user_name
from spark_xacct.cli import launch_output, output
from spark_xacct.cli.job_options import refuse_empty, with_job
from spark_xacct.cli.registered import Registered
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.errors import SparkStartError
from spark_xacct.launch import (
    Clients,
    Launcher,
    LaunchError,
    Run,
    State,
    logs,
    staging,
    stopping,
    submission,
    waiting,
)
from spark_xacct.launch.clients import of_this_shell
from spark_xacct.launch.submission import Prepared
from spark_xacct.spark import jar as spark_jar


@click.command(short_help="Submit a job, wait for it, show its driver's log.")
@click.argument("target", type=Registered(lambda: launch.names()), metavar="TARGET")
@click.option(
    "--release", metavar="LABEL", help="emr-7.12.0, spark-4, ... Default: the target's, else the pyspark found."
)
@click.option("--use", metavar="BUCKET,...", help="Carry these buckets only; refuse the others.")
@click.option(
    "--jar",
    "named_jar",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The jar to stage. Default: the jar of this installation.",
)
@click.option(
    "--flavour",
    type=click.Choice([str(flavour) for flavour in targets.Flavour]),
    help="Whose credential providers: ours, or Hadoop's own. Default: the target's.",
)
@with_job
@click.option("--region", metavar="NAME", help="Where the platform is. Default: AWS_REGION, the profile's, sts.region.")
@click.option(
    "--kms-key",
    metavar="ARN",
    help="Encrypt staged objects with this key. The job's role must be allowed to decrypt with it.",
)
@click.option(
    "--log-group", metavar="NAME", help="EKS, Serverless: send the log to CloudWatch Logs and follow it there."
)
@click.option(
    "--token", metavar="TEXT", help="Submitting again with the same token starts no second job. Default: a new token."
)
@click.option("--dry-run", is_flag=True, help="Print requests, objects to stage and IAM actions; call nobody.")
@click.option("--wait/--detach", "is_waiting", default=True, help="Wait for the end (default), or only start the job.")
@click.option("--resume", metavar="RUN", help="Wait for a job that runs already: ON/ID, or the JSON of its run.")
@click.option("--keep", is_flag=True, help="Keep what was staged for this run.")
@click.option(
    "--log-wait",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="How long to wait for the log after the job has ended.",
)
@with_settings
@click.pass_obj
def submit(
    settings: Settings,
    target: str,
    release: str | None,
    use: str | None,
    named_jar: Path | None,
    flavour: str | None,
    job: targets.Job | None,
    region: str | None,
    kms_key: str | None,
    log_group: str | None,
    token: str | None,
    dry_run: bool,
    is_waiting: bool,
    resume: str | None,
    keep: bool,
    log_wait: float | None,
) -> None:
    """Submit a job to TARGET and wait for it. Its driver's stdout goes to stdout; its stderr, states and reasons to stderr.

    Ctrl-C asks whether to cancel the job. A local file as --entry-point is staged for this run and removed after it.

    \b
    Exit codes: 0 the job succeeded, 1 it failed or was cancelled (spark-submit: the job's own code),
    2 usage, 3 bad declaration, 4 AWS refused, 130, 141 and 143 waiting was interrupted and the job goes on.
    """
    told = launch_output.Told(settings.format == "json")
    of_a_start = {
        "--release": release,
        "--use": use,
        "--jar": named_jar,
        "--flavour": flavour,
        "--kms-key": kms_key,
        "--log-group": log_group,
        "--token": token,
        "--dry-run": dry_run or None,
        "--detach": None if is_waiting else True,
    }
    # An empty variable of a script: nothing was meant to be left to the default.
    refuse_empty({**of_a_start, "--region": region, "--resume": resume})
    if resume is not None:
        said = [name for name, value in of_a_start.items() if value is not None]
        if said or job is not None:
            what = ", ".join([*said, *(["the options of a job"] if job is not None else [])])
            raise click.UsageError(f"--resume waits for a job that was started before; leave out {what}")
        clients = _clients(target, region, None)
        launcher = launch.open_launcher(target, clients)
        stopping.on_sigterm()
        try:
            run = _resumed(launcher, target, resume)
        except LaunchError as error:
            raise _answered(settings, error, None) from error
        _finish(settings, launcher, clients, told, run, keep, log_wait)
    token = token or uuid4().hex
    plan = declaration.load(settings.config, settings.env).compiled()
    clients = _clients(target, region, plan.access_map.sts.region)
    launcher = launch.open_launcher(target, clients)
    if log_group is not None and not launcher.takes_log_group:
        raise click.UsageError(f"--log-group is not for {target}")
    job, path = _with_jar(target, job or targets.Job(), named_jar)
    render = submission.rendering(
        target,
        plan,
        release=release,
        use=_buckets(use),
        jar=str(path) if path else targets.JAR_PLACEHOLDER,
        flavour=targets.Flavour(flavour) if flavour else None,
        user=user_name(os.environ) if launcher.is_local else None,
    )
    prepared = submission.prepare(launcher, job, token, render, path, os.environ, log_group, kms_key)
    if dry_run:
        _print_dry_run(settings, launch_output.dry_run(prepared, launcher))
        return
    stopping.on_sigterm()
    try:
        run = _submitted(launcher, clients, told, prepared, token)
    except LaunchError as error:
        raise _answered(settings, error, token) from error
    if is_waiting:
        _finish(settings, launcher, clients, told, run, keep, log_wait, token)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    output.talk(f"wait for it: {launch_output.resume_command(run, clients.region)}")
    if settings.format == "json":
        output.json_data(launch_output.result(launcher, run, None, token))
    else:
        output.data(run.text)


def _clients(target: str, region: str | None, default: str | None) -> Clients:
    if launch.is_local(target):
        # Nobody of AWS is asked, so the person's profile need not be good.
        return Clients(None, region or default or "")
    return of_this_shell(os.environ, region, default)


def _buckets(use: str | None) -> tuple[str, ...]:
    buckets = tuple(bucket.strip() for bucket in (use or "").split(",") if bucket.strip())
    if use is not None and not buckets:
        raise click.UsageError("--use names no bucket; write --use BUCKET,..., or leave it out for every bucket")
    return buckets


def _with_jar(target: str, job: targets.Job, named: Path | None) -> tuple[targets.Job, Path | None]:
    """The job with the digest of the jar, and the jar; None where there is none, which matters only where it is staged."""
    try:
        path = named or spark_jar.find(os.environ)
        return replace(job, jar_sha256=spark_jar.sha256(path)), path
    except (SparkStartError, OSError) as error:
        if named is not None:
            raise click.UsageError(f"--jar {named}: {error}") from None
        return job, None


def _resumed(launcher: Launcher, target: str, text: str) -> Run:
    try:
        run = Run.parse(target, text)
    except ValueError as error:
        raise click.UsageError(f"--resume {text}: {error}") from None
    if run.on is None and not launcher.is_local:
        raise click.UsageError(f"--resume {text}: write ON/ID as submit printed it")
    try:
        return launcher.find(run)
    except stopping.STOPPED as stopped:
        raise LaunchError(
            f"interrupted before {run.text} was found; whatever it does, it goes on", stopping.exit_code(stopped)
        ) from None


def _answered(settings: Settings, error: LaunchError, token: str | None) -> LaunchError:
    """The error, after programs have got their answer."""
    if settings.format == "json":
        output.json_data(launch_output.refused(error, token))
    return error


def _submitted(launcher: Launcher, clients: Clients, told: launch_output.Told, prepared: Prepared, token: str) -> Run:
    uploader = staging.Uploader(clients, prepared.key, told.say)
    again = f"--token {shlex.quote(token)}"
    try:
        who = "" if launcher.is_local else f"as {clients.identity()['Arn']} in {clients.place}, "
    except stopping.STOPPED as stopped:
        raise LaunchError("submit was interrupted before anything was started", stopping.exit_code(stopped)) from None
    told.say(f"{who}run {prepared.submission.run}, {again}")
    uploader.put(prepared.staged)
    doubt = f"the job may have been started; submit again with {again}, which makes no second job"
    doubt += staging.left(prepared.staged, may_be_used=True)
    try:
        run = launcher.submit(prepared.calls, prepared.submission)
    except LaunchError as error:
        left = staging.left(prepared.staged) if prepared.staged else ""
        raise LaunchError(f"{error}; {doubt}" if error.may_be_done else f"{error}{left}", error.exit_code) from error
    except stopping.STOPPED as stopped:
        raise LaunchError(f"submit was interrupted, and {doubt}", stopping.exit_code(stopped)) from None
    if run.private:
        _check_program(launcher, told, prepared, run)
    told.say(f"submitted {run.text}; {{run}} in names of role sessions is {launcher.session_run(run)}")
    return run


def _check_program(launcher: Launcher, told: launch_output.Told, prepared: Prepared, run: Run) -> None:
    """A token that was used before gives the job that was started then."""
    try:
        found = launcher.find(run)
    except LaunchError as error:
        told.say(f"whether {run.text} was started just now is not known: {error}")
        return
    except stopping.STOPPED as stopped:
        raise LaunchError(f"interrupted; {run.text} was started and goes on", stopping.exit_code(stopped)) from None
    try:
        submission.check_same_program(run, found)
    except LaunchError as error:
        raise LaunchError(f"{error}{staging.left(prepared.staged)}", error.exit_code) from None


def _finish(
    settings: Settings,
    launcher: Launcher,
    clients: Clients,
    told: launch_output.Told,
    run: Run,
    keep: bool,
    log_wait: float | None,
    token: str | None = None,
) -> NoReturn:
    """Waits, cleans up, answers and exits. Programs get the run also where nobody waits any more: then without a phase."""
    back = launch_output.resume_command(run, clients.region)
    told.say(f"Ctrl-C does not end the job; come back to it: {back}")
    stopping.on_sigterm()
    wait = waiting.Waiting(
        launcher,
        run,
        lambda source: logs.open_follower(clients, source),
        waiting.RealClock(),
        told,
        _ask if _can_answer() else None,
        log_wait,
    )
    state: State | None = None
    try:
        state = wait.wait()
        code = launcher.exit_code(state)
        _clean_up(staging.Uploader(clients, None, told.say), told, run, keep)
    except (waiting.Detached, *stopping.STOPPED) as stopped:
        told.say(f"{run.text} goes on; come back to it: {back}")
        code = stopping.exit_code(stopped)
    except BrokenPipeError:
        output.nobody_reads()
        told.say(f"nobody reads stdout any more; {run.text} goes on; come back to it: {back}")
        code = launch_output.NOBODY_READS
    except LaunchError as error:
        told.say(str(error))
        told.say(f"come back to it: {back}")
        code = error.exit_code
    if settings.format == "json":
        output.json_data(launch_output.result(launcher, run, state, token))
    raise click.exceptions.Exit(code)


def _can_answer() -> bool:
    return sys.stdin.isatty()


def _ask(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


def _clean_up(uploader: staging.Uploader, told: launch_output.Told, run: Run, keep: bool) -> None:
    """After the end only: an executor that starts late still fetches what was staged."""
    if keep and run.private:
        told.say(f"kept {', '.join(run.private)}")
        return
    try:
        uploader.remove(run.private)
    except LaunchError as error:
        told.say(str(error))


def _print_dry_run(settings: Settings, told: dict[str, Any]) -> None:
    if settings.format == "json":
        output.json_data(told)
    else:
        launch_output.print_dry_run(told)
