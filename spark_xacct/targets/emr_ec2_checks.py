"""What EMR on EC2 cannot do with a plan and a job, refused by name before anything is rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spark_xacct.errors import ModelError, TargetError
from spark_xacct.model import BaseKind, DecisionKind, Location
from spark_xacct.targets import job_runs, unused
from spark_xacct.targets.connectors import EMRFS
from spark_xacct.targets.job import Job, check_parameters, is_placeholder
from spark_xacct.targets.settings import Flavour, Settings

# A plain label; EMR on EKS writes others ("emr-7.12.0-latest").
_LABEL = re.compile(r"emr-(?:spark-)?[0-9]+\.[0-9]+\.[0-9]+")
_S3_URI = re.compile(r"s3[an]?://[^\s,]+")
# https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-steps-runtime-roles.html
RUNTIME_ROLES_SINCE = (6, 7)
UNUSED = {"image": "EMR on EC2 takes the jar from a step, not from an image; leave it out"}


def runtime_role(settings: Settings, job: Job) -> str | None:
    """The ARN that a step runs as, None for the cluster's instance profile."""
    base = settings.plan.access_map.base
    declared = str(base.arn) if base.kind is BaseKind.EMR_RUNTIME_ROLE else None
    return job.role or declared


def check(target: str, settings: Settings, job: Job) -> None:
    """Raises TargetError with every reason why this cannot be run."""
    unused.check(target, job, UNUSED)
    check_parameters(target, job.parameters)
    job_runs.check_role(target, job)
    job_runs.check_logs(target, settings, job, "nodes write logs as the instance profile")
    problems = [*_label(settings), *_runtime_role(settings, job), *_staging(settings, job)]
    problems += _by_spark_jars(settings, job) if job.spark_jars else _opened(settings, job)
    if problems:
        raise TargetError("\n".join(f"{target}: {problem}" for problem in problems))


def _label(settings: Settings) -> Iterator[str]:
    release = settings.release
    found = _LABEL.search(release.name)
    if release.family and (found is None or found.group() != release.name):
        yield f"release {release.name} is not a label of EMR on EC2; write {found.group() if found else 'emr-7.12.0'}"


def _runtime_role(settings: Settings, job: Job) -> Iterator[str]:
    base, role = settings.plan.access_map.base, runtime_role(settings, job)
    if role is None:
        return
    if base.kind is BaseKind.EMR_RUNTIME_ROLE:
        if role != str(base.arn):
            yield f"base.arn is {base.arn} and the step would run as {role}, which is refused at run time; let --role and base.arn say one role"
    elif base.kind is BaseKind.INSTANCE_PROFILE:
        yield (
            f"base instance-profile: a step with --role {role} is that role and cannot reach the instance metadata service; declare base: "
            f"{{kind: emr-runtime-role, arn: {role}}}, or leave out --role"
        )
    version = re.match(r"emr-([0-9]+)\.([0-9]+)", settings.release.name)
    if version and (int(version.group(1)), int(version.group(2))) < RUNTIME_ROLES_SINCE:
        yield (
            f"release {settings.release.name} has no runtime roles, which came with emr-6.7.0; take a newer one, or base: "
            "instance-profile without --role"
        )


def _staging(settings: Settings, job: Job) -> Iterator[str]:
    decision = _decided(settings, job.staging)
    if decision is not None and decision[1] is DecisionKind.ROLE:
        yield (
            f"--staging {job.staging}: bucket {decision[0]} is declared behind a role, and nodes fetch the jar as the instance profile; "
            "take a bucket of the cluster's own account"
        )


def _opened(settings: Settings, job: Job) -> Iterator[str]:
    """What spark-submit opens itself, with the providers that are rendered."""
    for uri in _uris(job):
        decision = _decided(settings, uri)
        if decision is not None and decision[1] is DecisionKind.DENIED:
            yield f"{uri}: bucket {decision[0]} is not declared, and otherwise: deny refuses it; list it under own"


def _by_spark_jars(settings: Settings, job: Job) -> Iterator[str]:
    release = settings.release
    if settings.flavour is Flavour.HADOOP:
        yield "--spark-jars: flavour hadoop needs no jar; leave it out"
        return
    if not release.has_plugins:
        spark = ".".join(map(str, release.spark))
        yield f"--spark-jars: Spark {spark} of {release.name} has no plugins, which put the providers where S3A looks; leave it out, and the jar is installed"
    if EMRFS in release.default_connectors:
        yield (
            f"--spark-jars: s3:// of {release.name} is EMRFS, which is not known to find its provider in spark.jars; leave it out, and the "
            "jar is installed"
        )
    if settings.is_global:
        yield (
            "--spark-jars: with otherwise: deny, or patterns, ours is the only provider, and spark-submit opens S3 before it has the jar; "
            "leave it out, and the jar is installed"
        )
        return
    ours = {setting.name for setting in settings.hadoop}
    for uri in (job.staged_jar, *_uris(job)):
        decision = _decided(settings, uri)
        keys = decision and {one.bucket_key(decision[0], one.bucket_provider_key) for one in release.connectors}
        if decision is not None and keys and keys & ours:
            yield (
                f"--spark-jars: {uri}: bucket {decision[0]} is declared, so our provider serves it, and spark-submit opens it before it "
                "has the jar; put the file into a bucket that is not declared, or leave out --spark-jars"
            )


def _uris(job: Job) -> list[str]:
    """S3 URIs that spark-submit opens. Arguments of the program are the program's affair."""
    return [uri for text in (job.entry_point, *job.parameters) for uri in _S3_URI.findall(text)]


def _decided(settings: Settings, uri: str) -> tuple[str, DecisionKind] | None:
    """Bucket and decision; None where somebody must still say the bucket."""
    try:
        location = Location.parse(uri)
    except ModelError:
        return None
    if is_placeholder(location.bucket):
        return None
    return location.bucket, settings.plan.access_map.decide(location).kind
