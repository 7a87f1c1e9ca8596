"""Target ``emr-serverless``: a job run on EMR Serverless, and the application with its image."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.model import Arn, BaseKind
from spark_xacct.targets import channels, classifications, external_ids, job_runs, submit_options, templates, unused
from spark_xacct.targets.classifications import Classification
from spark_xacct.targets.files import forms
from spark_xacct.targets.job import INSTALLED_FOLDER, JAR_NAME, Job, is_placeholder
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import EXECUTOR_ENVIRONMENT, Flavour, Settings

NAME = "emr-serverless"
UNUSED = {"spark_jars": "without --image spark.jars brings the jar, with it the image does; leave it out"}
DRIVER = ("spark.emr-serverless.driverEnv.",)
SERVICE = "emr-serverless.amazonaws.com"
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/release-versions.html
SINCE = (6, 6)
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/application-custom-image.html
IMAGES_SINCE = (6, 9)
TLS = channels.INTERNODE_TLS
# By which way a worker gets the job's role AWS does not say, so it is what its SDKs find by default, compared with base.arn.
KINDS = (BaseKind.EMR_RUNTIME_ROLE, BaseKind.CLASS)
UNVERIFIED = "EMR Serverless, how its workers get the job's role, and its TLS as the driver's channel: not tested"
_IMAGE = re.compile(
    r"^(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+/(?P<repository>[^:@]+)(?:[:@].+)?\Z"
)
WAYS_OUT = {
    **job_runs.WAYS_OUT,
    "StartJobRun.applicationId": "give the id of the application as --on",
    "entryPointArguments": "give fewer --argument, or a file that the program reads",
    "CreateApplication.name": "give another --name",
    "CreateApplication.imageConfiguration": "give an image of Amazon ECR with its tag or digest as --image",
}


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    unused.check(NAME, job, UNUSED)
    label = _label(settings, job)
    _check_base(settings)
    artefacts = {"--entry-point": job.entry_point, **({"--staging": job.staging} if job.image is None else {})}
    job_runs.check_artefacts(NAME, settings, job, artefacts)
    is_base = settings.plan.access_map.base.kind is BaseKind.EMR_RUNTIME_ROLE
    role = job_runs.role_of(NAME, settings, job, is_base)
    application = _application(settings, job, label)
    # With the image in its pattern this says what a registry must be, whoever makes the application.
    job_runs.check(NAME, "emr-serverless", "CreateApplication", application, WAYS_OUT)
    request = _request(settings, job, role)
    job_runs.check(NAME, "emr-serverless", "StartJobRun", request, WAYS_OUT)
    return {
        "request": request,
        "application": application,
        "job_role_trust": _document(_trust(settings, job, role)),
        "repository_policy": None if job.image is None else _document(_repository(settings, job, role)),
        "image": _image(settings, job, label),
        "external_ids": external_ids.references(settings),
    }


def _label(settings: Settings, job: Job) -> str:
    release = settings.release
    label = job_runs.label_of(release)
    if release.name.startswith(("notebook-spark/", "livy/")) or (label and label.suffix not in ("", "latest")):
        raise TargetError(
            f"{NAME}: label {release.name} is one of EMR on EKS; take it without what stands around emr-X.Y.Z"
        )
    for since, what, is_wanted in (
        (SINCE, "EMR Serverless", True),
        (IMAGES_SINCE, "an image (--image)", job.image is not None),
    ):
        if is_wanted and job_runs.is_before(release, since):
            first = "emr-{}.{}.0".format(*since)
            raise TargetError(f"{NAME}: {what} needs {first} and later, and this is {release.name}; take a newer label")
    return release.name if label is None else label.base


def _check_base(settings: Settings) -> None:
    kind = settings.plan.access_map.base.kind
    if kind not in KINDS:
        raise TargetError(
            f"{NAME}: base {kind} is not what a job run has, which is the job's role, by the default chain of each SDK; declare base: "
            "{kind: emr-runtime-role, arn: ARN of the job's role}"
        )


def _request(settings: Settings, job: Job, role: str) -> dict[str, Any]:
    ids = external_ids.as_settings(settings, (*DRIVER, EXECUTOR_ENVIRONMENT))
    spark, parameters = submit_options.as_text(NAME, (*ids, *settings.spark_settings(DRIVER)), job.parameters)
    # AWS shows it for single job runs as an option of spark-submit only.
    tls = [f"--conf {TLS.name}={TLS.value}"] if _has_tls(settings) else []
    told = classifications.divided(NAME, (one for one in spark if one.name != TLS.name), (*tls, *parameters))
    driver: dict[str, Any] = {"entryPoint": job.entry_point}
    if job.arguments:
        driver["entryPointArguments"] = list(job.arguments)
    if told.parameters:
        driver["sparkSubmitParameters"] = told.parameters
    return {
        "applicationId": job.on or "<id of the application>",
        "name": job.name,
        "executionRoleArn": role,
        "jobDriver": {"sparkSubmit": driver},
        "configurationOverrides": {
            "applicationConfiguration": [Classification("spark-defaults", told.properties).for_jobs()],
            **job_runs.monitoring(NAME, settings, job),
        },
    }


def _has_tls(settings: Settings) -> bool:
    return TLS in settings.spark_only


def _application(settings: Settings, job: Job, label: str) -> dict[str, Any]:
    request: dict[str, Any] = {"name": job.name} if job.on is None else {}
    request.update({"releaseLabel": label, "type": "SPARK"})
    if job.image is not None:
        request["imageConfiguration"] = {"imageUri": job.image}
    if _has_tls(settings):
        request["runtimeConfiguration"] = [Classification("spark-defaults", {TLS.name: TLS.value}).for_jobs()]
    return request


def _document(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def _trust(settings: Settings, job: Job, role: str) -> dict[str, Any]:
    """Who may take the job's role: this service, for applications of its own account."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": _account(role)},
            "ArnLike": {"aws:SourceArn": _applications(settings, job, role)},
        },
    }


def _repository(settings: Settings, job: Job, role: str) -> dict[str, Any]:
    """What the image's repository must let the service do."""
    return {
        "Sid": "EmrServerless",
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"],
        "Condition": {"ArnLike": {"aws:SourceArn": _applications(settings, job, role)}},
    }


def _applications(settings: Settings, job: Job, role: str) -> str:
    """The ARN of the application, or of every one of the account in the Region."""
    image = _IMAGE.match(job.image or "")
    # An image must lie in the application's Region.
    region = image["region"] if image else settings.plan.access_map.sts.region
    partition = "<partition>" if is_placeholder(role) else Arn.parse(role).partition
    return f"arn:{partition}:emr-serverless:{region}:{_account(role)}:/applications/{job.on or '*'}"


def _account(role: str) -> str:
    return "<account of the job's role>" if is_placeholder(role) else Arn.parse(role).account


def _image(settings: Settings, job: Job, label: str) -> dict[str, Any] | None:
    if job.image is None or settings.flavour is not Flavour.SHIM:
        return None
    found = _IMAGE.match(job.image)
    return {
        "uri": job.image,
        "repository": "<repository>" if found is None else found["repository"],
        "base": f"public.ecr.aws/emr-serverless/spark/{label}",
        "digest": job_runs.DIGEST_PLACEHOLDER,
        "jar": JAR_NAME,
        "folder": INSTALLED_FOLDER,
    }


def write(rendered: Rendered) -> Mapping[str, str]:
    told, job, image = rendered.content, rendered.job, rendered.content["image"]
    is_shim = rendered.settings.flavour is Flavour.SHIM
    values = {
        "comments": rendered.settings.comments,
        "unverified": (UNVERIFIED, *rendered.settings.release.unverified),
        "has_tls": _has_tls(rendered.settings),
        "is_shim": is_shim,
        "tls": TLS,
        "jar": JAR_NAME,
        "image": image,
        "image_tag": None if job.image is None else shlex.quote(job.image.partition("@")[0]),
        "image_uri": None if job.image is None else shlex.quote(job.image),
        "repository": None if image is None else shlex.quote(image["repository"]),
        "application": None if job.on is None else shlex.quote(job.on),
        "staged_jar": shlex.quote(job.staged_jar) if is_shim and job.image is None else None,
        "external_ids": told["external_ids"],
        "parts": [*(["image"] if image is not None else []), "application"],
    }
    documents = {
        "start-job-run.json": told["request"],
        "create-application.json": told["application"],
        "job-role-trust.json": told["job_role_trust"],
        "repository-policy.json": told["repository_policy"],
    }
    files = {name: json.dumps(value, indent=2) + "\n" for name, value in documents.items() if value is not None}
    of_image = ("Dockerfile", "Dockerfile.fragment") if image is not None else ()
    for name in ("setup.sh", "submit.sh", *of_image):
        files[name] = templates.fill(NAME, f"{name}.j2", values)
    return files


TARGET = register(
    Target(
        name=NAME,
        doc="a job run on EMR Serverless: request, application, image, policies",
        content=content,
        write=write,
        limits=(
            "100 properties of 1,024 characters, the rest in 102,400 characters of sparkSubmitParameters; an entry point of 4,096"
        ),
        default_release="emr-7.12.0",
        families=("emr", "emr-spark"),
        delivery=job_runs.delivery,
        channel=lambda release, job: channels.of_emr_serverless(release),
        takes_job=True,
        goes_into=(*forms.BESIDE, forms.Form.EMR_SERVERLESS),
    )
)
