"""What targets that launch have in common: labels, roles, places of files, requests to services."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spark_xacct.errors import ModelError, TargetError
from spark_xacct.model import Arn, DecisionKind, Location
from spark_xacct.targets import aws_model
from spark_xacct.targets.job import INSTALLED_FOLDER, JAR_NAME, Job, is_placeholder
from spark_xacct.targets.registry import Delivery
from spark_xacct.targets.releases import Release
from spark_xacct.targets.settings import Flavour, Settings

ROLE_PLACEHOLDER = "<arn of the role that the job runs as>"
# What to do about a problem with a request, by a piece of its text.
WAYS_OUT = {
    "entryPoint has": "give a shorter --entry-point",
    "StartJobRun.name": "give another --name",
    "StartJobRun.executionRoleArn": "give the ARN of a role as --role, or as base.arn",
}
DIGEST_PLACEHOLDER = "<digest of the base image>"
# Every request has its own. In a file it would make a second run of it the first one again.
_TOKEN = {"clientToken": "made-by-the-client"}
_LABEL = re.compile(
    r"^(?P<base>(?P<family>emr-spark|emr)-(?P<major>[0-9]+)\.(?P<minor>[0-9]+)\.[0-9]+)(?:-(?P<suffix>.+))?\Z"
)
_S3 = re.compile(r"^(?:s3|s3a|s3n)://(?P<bucket>[^/]+)")
# What spark-submit fetches before the driver runs.
_FETCHED = re.compile(
    r"(--(?:jars|py-files|files|archives)"
    r"|spark\.(?:jars|files|archives|submit\.pyFiles|kubernetes\.(?:driver|executor)\.podTemplateFile))[\s=]+(\S+)"
)


@dataclass(frozen=True)
class Label:
    """A release label taken apart: ``base`` is "emr-7.12.0", ``suffix`` "latest", "java11-latest", a date or ""."""

    base: str
    family: str
    version: tuple[int, int]
    suffix: str


def label_of(release: Release) -> Label | None:
    """The parts of a label of EMR; None for what is none, as a release that a test has registered."""
    found = _LABEL.match(release.name)
    if found is None:
        return None
    return Label(found["base"], found["family"], (int(found["major"]), int(found["minor"])), found["suffix"] or "")


def is_before(release: Release, version: tuple[int, int]) -> bool:
    """Whether a release is known to be older than ``emr-version``; emr-spark is newer than every one of them."""
    label = label_of(release)
    return label is not None and label.family == "emr" and label.version < version


def delivery(job: Job) -> Delivery:
    """With an image the jar lies in Spark's own folder; without one it is fetched from staging.

    spark-submit puts a ``local://`` file of spark.submit.pyFiles on the driver's PYTHONPATH and hands it to no executor; there
    the plugin puts the jar that it comes from on PYTHONPATH:
    https://github.com/apache/spark/blob/branch-3.5/core/src/main/scala/org/apache/spark/deploy/SparkSubmit.scala
    """
    if job.image is None:
        return Delivery(jar=job.staged_jar)
    return Delivery(jar=f"local://{INSTALLED_FOLDER}/{JAR_NAME}", installed=True)


def role_of(target: str, settings: Settings, job: Job, is_base: bool) -> str:
    """The role that the job runs as. ``is_base``: whether that is the base identity, so that base.arn must be the same."""
    arn = settings.plan.access_map.base.arn if is_base else None
    asserted = None if arn is None else str(arn)
    if job.role and asserted and not is_placeholder(job.role) and job.role != asserted:
        raise TargetError(
            f"{target}: --role is {job.role} and base.arn {asserted}, which the driver must be before the first hop; make them one"
        )
    return job.role or asserted or ROLE_PLACEHOLDER


def check_role(target: str, job: Job) -> None:
    """Raises TargetError for a ``--role`` that no job can run as."""
    if job.role is None or is_placeholder(job.role):
        return
    try:
        Arn.parse_role(job.role)
    except ModelError as error:
        raise TargetError(f"{target}: --role: {error}; give the ARN of a role") from None


def check_logs(target: str, settings: Settings, job: Job, who: str) -> None:
    """Raises TargetError for a place that nobody could write logs to. ``who`` writes them, in words."""
    if job.logs is None:
        return
    if not is_placeholder(job.logs) and _S3.match(job.logs) is None:
        raise TargetError(f"{target}: --logs is {job.logs}, and takes an S3 URI; write s3://BUCKET/PREFIX/")
    check_own(target, settings, "--logs", job.logs, who)


def monitoring(target: str, settings: Settings, job: Job) -> dict[str, Any]:
    """The member monitoringConfiguration of a job run, where logs are wanted."""
    check_logs(target, settings, job, "the platform writes logs as the job's role")
    if job.logs is None:
        return {}
    return {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": job.logs}}}


def check_own(target: str, settings: Settings, option: str, uri: str, who: str) -> None:
    """Raises TargetError for a location that only a role session reaches."""
    found = _S3.match(uri)
    if found is None or is_placeholder(found["bucket"]):
        return
    decision = settings.plan.access_map.decide(Location("s3", found["bucket"], uri[found.end() + 1 :]))
    if decision.kind is DecisionKind.ROLE:
        raise TargetError(
            f"{target}: {option} is {uri}, and {decision.reason}; {who}, so take a bucket of the job's own account"
        )


def check_artefacts(target: str, settings: Settings, job: Job, artefacts: Mapping[str, str]) -> None:
    """Raises TargetError for what spark-submit could not fetch before the plugin runs. ``artefacts``: URIs by their option.

    Without an image our provider comes with the jar; where it serves the bucket that the jar is fetched from, S3A finds no class of
    that name and the submission fails.
    """
    if settings.flavour is not Flavour.SHIM:
        return
    if job.image is None and settings.is_global:
        raise TargetError(
            f"{target}: otherwise: deny and patterns make our provider the only one, and spark-submit needs it to fetch the jar that "
            "brings it; give --image with the jar in it, or declare otherwise: platform and name the buckets"
        )
    for option, uri in (*artefacts.items(), *_artefacts_of(job.parameters)):
        check_own(
            target,
            settings,
            option,
            uri,
            "jars and scripts are fetched as the job's role, before there are role sessions",
        )
        found = _S3.match(uri)
        if found is None or is_placeholder(found["bucket"]):
            continue
        bucket = found["bucket"]
        decision = settings.plan.access_map.decide(Location("s3", bucket))
        if decision.kind is DecisionKind.DENIED or (
            decision.kind is DecisionKind.PLATFORM and _is_served(settings, bucket)
        ):
            raise TargetError(f"{target}: {option} is {uri}, and the plan refuses bucket {bucket}; list it under own")
        if job.image is None and _is_served(settings, bucket):
            raise TargetError(
                f"{target}: {option} is {uri}, and our provider serves bucket {bucket} ({decision.reason}), but comes with the jar that "
                "is fetched first; give --image with the jar in it, or take a bucket that the declaration does not name"
            )


def _artefacts_of(parameters: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(option, URI) of files that spark-submit fetches, among the user's own options."""
    for option, values in _FETCHED.findall(" ".join(parameters)):
        yield from ((f"--parameter {option}", uri) for uri in values.strip("\"'").split(",") if _S3.match(uri))


def _is_served(settings: Settings, bucket: str) -> bool:
    """Whether our provider is named for a bucket."""
    if settings.is_global:
        return True
    keys = {
        connector.bucket_key(bucket, connector.bucket_provider_key): connector.provider
        for connector in settings.release.connectors
    }
    return any(keys.get(setting.name) == setting.value for setting in settings.hadoop)


def check(target: str, service: str, operation: str, request: Mapping[str, Any], ways_out: Mapping[str, str]) -> None:
    """Holds a request against the service's model. ``ways_out``: advice by a piece of the problem's text.

    Raises TargetError with everything that the service would refuse.
    """
    problems = list(aws_model.problems(service, operation, {**request, **_TOKEN}))
    if problems:
        raise TargetError("\n".join(f"{target}: {problem}{_way_out(problem, ways_out)}" for problem in problems))


def _way_out(problem: str, ways_out: Mapping[str, str]) -> str:
    return next((f"; {advice}" for piece, advice in ways_out.items() if piece in problem), "")
