"""From a job to everything that one submit does, before it is done: requests, staged objects, ids. Pure but for reading files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from spark_xacct import targets
from spark_xacct.launch import staging
from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.launcher import Call, Launcher, Submission
from spark_xacct.launch.run import Run
from spark_xacct.launch.staging import Staged
from spark_xacct.targets import Job, Rendered, aws_model, external_ids
from spark_xacct.targets.job import JAR_NAME, is_placeholder

TOKEN_DIGITS = 32
# Renders a job, with the run id that role-session names get, None for the platform's.
Render = Callable[[Job, "str | None"], Rendered]


@dataclass(frozen=True)
class Prepared:
    """What a submit does, in this order: puts ``staged``, encrypted with ``key``, makes ``calls``."""

    rendered: Rendered
    submission: Submission
    staged: tuple[Staged, ...]
    calls: tuple[Call, ...]
    key: str | None = None


def submission_of(target: str, rendered: Rendered, token: str, log_group: str | None = None) -> Submission:
    """The same for the same target, release, plan, job and token; nothing of it is a secret."""
    # What somebody said; another build of the jar is no other job.
    job = {item.name: getattr(rendered.job, item.name) for item in fields(Job) if item.metadata.get("option", True)}
    told = [target, rendered.settings.release.name, rendered.settings.plan.id, job, token]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return Submission(digest[:TOKEN_DIGITS], log_group)


def prepare(
    launcher: Launcher,
    job: Job,
    token: str,
    render: Render,
    shim: Path | None,
    environment: Mapping[str, str],
    log_group: str | None = None,
    key: str | None = None,
) -> Prepared:
    """Raises LaunchError and TargetError for what cannot be submitted as it is.

    ``shim``: the jar, None where it is not here. A program that is a file of this machine becomes private to the run; jar and scripts are shared by their content.
    """
    submission = submission_of(launcher.target, render(job, None), token, log_group)
    run = submission.run if launcher.names_run else None
    named, staged = job, []
    program = _local_program(launcher, job)
    if program is not None:
        name, content = Path(job.entry_point).name, _read(launcher, program)
        # By its content: the job that has the token tells from its request which program it runs.
        folder = f"{staging.private_folder(_folder(job, render), submission.run)}/{staging.address({name: content})}"
        staged.append(Staged(f"{folder}/{name}", content, is_private=True))
        named = replace(job, entry_point=staged[0].uri)
    rendered = render(named, run)
    artefacts = _artefacts(launcher, rendered, submission, job, shim)
    if artefacts:
        digits = staging.address(artefacts, key)
        shared = staging.shared_folder(_folder(job, render), digits)
        rendered = render(replace(named, staging=shared), run)
        contents = _artefacts(launcher, rendered, submission, job, shim)
        staged += [Staged(f"{shared}/{name}", content) for name, content in contents.items()]
    calls = tuple(_filled(call, rendered, environment) for call in launcher.calls(rendered, submission))
    _check_filled(launcher.target, calls, job)
    for call in calls:
        if call.service is not None:
            aws_model.check(launcher.target, call.service, call.operation, call.request)
    return Prepared(rendered, submission, tuple(sorted(staged, key=lambda one: one.is_private)), calls, key)


def check_same_program(run: Run, found: Run) -> None:
    """Raises LaunchError where the job that has the token was started with another program. ``found``: as its service knows it."""
    if found.private and set(run.private) != set(found.private):
        raise LaunchError(
            f"{run.text} has this --token and another program ({', '.join(found.private)}); nothing was started; take another --token",
            exit_code=2,
        )


def _local_program(launcher: Launcher, job: Job) -> Path | None:
    """The program where it is a file of this machine that others must fetch."""
    if "://" in job.entry_point or is_placeholder(job.entry_point) or launcher.is_local:
        return None
    path = Path(job.entry_point)
    if not path.is_file():
        raise LaunchError(
            f"{launcher.target}: --entry-point {job.entry_point} is neither a URI nor a file here; write s3://BUCKET/KEY, local:///PATH in the "
            "image, or the path of a file",
            exit_code=2,
        )
    return path


def _read(launcher: Launcher, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LaunchError(
            f"{launcher.target}: --entry-point {path} cannot be read ({error.strerror})", exit_code=2
        ) from None


def _folder(job: Job, render: Render) -> str:
    if is_placeholder(job.staging):
        raise LaunchError(
            "--staging is missing; give a folder of a bucket of your own account, as s3://BUCKET/spark-xacct",
            exit_code=2,
        )
    return staging.check_folder(job.staging, render(job, None).settings.plan.access_map)


def _artefacts(
    launcher: Launcher, rendered: Rendered, submission: Submission, asked: Job, shim: Path | None
) -> dict[str, bytes]:
    """What the requests fetch from the staging folder, by its name there. What the user names there is the user's."""
    folder = rendered.job.staging.rstrip("/")
    files = {name: text.encode("utf-8") for name, text in rendered.files().items()}
    theirs = (rendered.job.entry_point, *asked.arguments, *asked.parameters)
    found: dict[str, bytes] = {}
    for uri in staging.uris_in([call.request for call in launcher.calls(rendered, submission)], folder):
        name = uri.rpartition("/")[2]
        if any(uri in text for text in theirs):
            continue
        if name == JAR_NAME:
            if shim is None:
                raise LaunchError(
                    f"{launcher.target}: the jar {JAR_NAME} is not here to be staged; name it with --jar", exit_code=2
                )
            found[uri[len(folder) + 1 :]] = shim.read_bytes()
        elif name in files:
            found[uri[len(folder) + 1 :]] = files[name]
    return found


def _filled(call: Call, rendered: Rendered, environment: Mapping[str, str]) -> Call:
    """The call with external ids that job runs take as text: AWS says they are no secret, and files do not hold them."""
    ids = rendered.content.get("external_ids") or {}
    values = {external_ids.placeholder(role): variable for variable, role in (ids.get("variables") or {}).items()}
    return replace(call, request=_replaced(call.request, values, environment))


def _replaced(value: Any, values: Mapping[str, str], environment: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(member, values, environment) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(member, values, environment) for member in value]
    if not isinstance(value, str):
        return value
    for placeholder, variable in values.items():
        if placeholder in value:
            if not environment.get(variable):
                raise LaunchError(
                    f"{variable}, which {placeholder[1:-1]} is read from, is not set here; export it before submit",
                    exit_code=2,
                )
            value = value.replace(placeholder, environment[variable])
    return value


def _check_filled(target: str, calls: Sequence[Call], asked: Job) -> None:
    """Raises LaunchError for what somebody must still say; what looks like that in the user's own words is meant."""
    theirs = "\n".join((*asked.arguments, *asked.parameters, asked.name))
    missing = [text for call in calls for text in _placeholders(call.request) if text not in theirs]
    if missing:
        raise LaunchError(
            f"{target}: still to be said: {', '.join(dict.fromkeys(missing))}; give --entry-point, --on, --staging, --role as they are asked for",
            exit_code=2,
        )


def _placeholders(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for member in value.values():
            yield from _placeholders(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _placeholders(member)
    elif is_placeholder(value):
        yield value


def rendering(target: str, plan: Any, **options: Any) -> Render:
    """How a target renders a job of this plan."""

    def render(job: Job, run: str | None) -> Rendered:
        return targets.render(target, plan, job=job, run=run, **options)

    return render
