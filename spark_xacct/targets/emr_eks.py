"""Target ``emr-eks``: a job run on EMR on EKS, with its image, pod templates and service accounts."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from spark_xacct.errors import ModelError, TargetError
from spark_xacct.iam.trust import oidc_issuer
from spark_xacct.model import AccessMap, Arn, BaseKind
from spark_xacct.targets import (
    channels,
    classifications,
    external_ids,
    job_runs,
    profiles,
    service_accounts,
    submit_options,
    templates,
    unused,
)
from spark_xacct.targets.classifications import Classification
from spark_xacct.targets.files import forms
from spark_xacct.targets.job import INSTALLED_FOLDER, JAR_NAME, Job, is_placeholder
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.settings import Flavour, Settings

NAME = "emr-eks"
UNUSED = {"spark_jars": "without --image spark.jars brings the jar, with it the image does; leave it out"}
DRIVER = ("spark.kubernetes.driverEnv.",)
# Kinds that are the job's role here, and what is wrong with those that mean something else.
IDENTITIES = (BaseKind.IRSA, BaseKind.POD_IDENTITY)
REFUSED = {
    BaseKind.INSTANCE_PROFILE: "is the role of the node on EKS, which every pod of the node shares",
    BaseKind.CONTAINER: "is for ECS; the agent of EKS Pod Identity is base pod-identity",
    BaseKind.EMR_RUNTIME_ROLE: "is for EMR on EC2 and EMR Serverless",
}
# The oldest label that AWS shows the key with:
# https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-job-submitter.html
SUBMITTER_IMAGE_SINCE = (6, 11)
# https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/docker-custom-images-steps.html
PUBLIC_IMAGES_SINCE = (6, 9)
# What EMR on EKS mounts itself: https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/pod-templates.html
RESERVED_MOUNTS = ("/var/log/fluentd", "/var/log/spark/user", "/var/log/spark/apps", "/mnt", "/tmp", "/home/hadoop")
_NAMESPACE = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
UNVERIFIED = "EMR on EKS: not tested"
WAYS_OUT = {
    **job_runs.WAYS_OUT,
    "StartJobRun.virtualClusterId": "give the id of the virtual cluster as --on",
    "entryPointArguments": "give another --argument, or a file that the program reads",
    "StartJobRun.releaseLabel": "give another --release",
}


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    unused.check(NAME, job, UNUSED)
    _check_release(settings)
    _check_base(settings)
    references = external_ids.references(settings)
    mounted = references["files"]
    _check_mounts(mounted)
    artefacts = {"--entry-point": job.entry_point}
    if mounted or job.image is None:
        artefacts["--staging"] = job.staging
    job_runs.check_artefacts(NAME, settings, job, artefacts)
    role = job_runs.role_of(NAME, settings, job, is_base=settings.plan.access_map.base.kind in IDENTITIES)
    spark, parameters = submit_options.as_text(
        NAME, (*_of_the_place(settings, job), *settings.spark_settings(DRIVER)), job.parameters
    )
    request = _request(settings, job, role, classifications.divided(NAME, spark, parameters))
    job_runs.check(NAME, "emr-containers", "StartJobRun", request, WAYS_OUT)
    return {
        "request": request,
        "service_accounts": _service_accounts(settings.plan.access_map, role),
        "external_ids": references,
        "image": _image(settings, job),
        "notes": _notes(settings.plan.access_map.base.kind),
    }


def _notes(kind: BaseKind) -> list[str]:
    if kind in IDENTITIES:
        return []
    return [
        f"base {kind} is not the job's role: image or pod templates must bring it to driver and executors, the request must not"
    ]


def _check_release(settings: Settings) -> None:
    name = settings.release.name
    if name.startswith(("notebook-spark/", "livy/")):
        raise TargetError(f"{NAME}: label {name} is for interactive endpoints; take {name.rpartition('/')[2]}")


def _check_base(settings: Settings) -> None:
    # Pod Identity came to job runs with emr-7.3; what its SDKs can begins there too, and is refused with every other release's.
    # https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-enable-IAM.html
    kind = settings.plan.access_map.base.kind
    if kind in REFUSED:
        raise TargetError(f"{NAME}: base {kind} {REFUSED[kind]}; take base irsa or pod-identity")


def _check_mounts(files: Mapping[str, str]) -> None:
    for file, role in files.items():
        reserved = next((path for path in RESERVED_MOUNTS if f"{file}/".startswith(f"{path}/")), None)
        if reserved is not None:
            raise TargetError(
                f"{NAME}: role {role}: external_id.file {file} lies under {reserved}, which EMR on EKS mounts itself; take another path"
            )


def _of_the_place(settings: Settings, job: Job) -> Iterator[Setting]:
    """What only this place needs: image, external ids, pod templates."""
    if job.image is not None:
        yield Setting("spark.kubernetes.container.image", job.image, "the image that carries the jar")
    yield from external_ids.from_secret(settings)
    if external_ids.references(settings)["files"]:
        for pod in external_ids.PODS:
            reason = "mounts the files that hold external ids"
            yield Setting(f"spark.kubernetes.{pod}.podTemplateFile", _template_uri(job, pod), reason)


def _request(settings: Settings, job: Job, role: str, spark: classifications.Divided) -> dict[str, Any]:
    driver: dict[str, Any] = {"entryPoint": job.entry_point}
    if job.arguments:
        driver["entryPointArguments"] = list(job.arguments)
    if spark.parameters:
        driver["sparkSubmitParameters"] = spark.parameters
    configurations = [Classification("spark-defaults", spark.properties)]
    if _submitter_needs_image(settings, job):
        configurations.append(Classification("emr-job-submitter", {"jobsubmitter.container.image": str(job.image)}))
    return {
        "name": job.name,
        "virtualClusterId": job.on or "<id of the virtual cluster>",
        "executionRoleArn": role,
        "releaseLabel": _label(settings),
        "jobDriver": {"sparkSubmitJobDriver": driver},
        "configurationOverrides": {
            "applicationConfiguration": [one.for_jobs() for one in configurations],
            **job_runs.monitoring(NAME, settings, job),
        },
    }


def _submitter_needs_image(settings: Settings, job: Job) -> bool:
    """The submitter's spark-submit reads the settings too: where they name our provider for its files it must find the class."""
    is_shim = settings.flavour is Flavour.SHIM
    return job.image is not None and is_shim and not job_runs.is_before(settings.release, SUBMITTER_IMAGE_SINCE)


def _label(settings: Settings) -> str:
    label = job_runs.label_of(settings.release)
    return settings.release.name if label is None or label.suffix else f"{label.base}-latest"


def _service_accounts(access_map: AccessMap, role: str) -> dict[str, Any]:
    """The names that a job run under this role has, and what its trust policy must say. Declared ``documents`` fill it in."""
    documents = access_map.documents
    namespace = _namespace(documents)
    if is_placeholder(role):
        return {"namespace": namespace, "role": None}
    arn = Arn.parse(role)
    account = str(documents.get("eks_account") or arn.account)
    if access_map.base.kind is BaseKind.POD_IDENTITY:
        trust = service_accounts.pod_identity_trust()
    else:
        trust = service_accounts.web_identity_trust(arn, _issuer(documents), namespace, account)
    return {
        "namespace": namespace,
        "role": arn.resource_name,
        "encoded": service_accounts.encoded(arn.resource_name),
        "names": service_accounts.names(account, arn.resource_name),
        "pattern": service_accounts.pattern(account, arn.resource_name),
        "trust": {"Version": "2012-10-17", "Statement": [trust]},
    }


def _namespace(documents: Mapping[str, Any]) -> str:
    """The declared namespace where it is one: documents may say ``*`` as well."""
    text = str(documents.get("namespace") or "")
    return text if _NAMESPACE.match(text) else "<namespace>"


def _issuer(documents: Mapping[str, Any]) -> str:
    text = documents.get("oidc_provider")
    try:
        return oidc_issuer(str(text)) if text else "<host and path of the cluster's OIDC provider>"
    except ModelError as error:
        raise TargetError(f"{NAME}: documents.oidc_provider: {error}") from None


def _image(settings: Settings, job: Job) -> dict[str, Any] | None:
    if job.image is None or settings.flavour is not Flavour.SHIM:
        return None
    label = job_runs.label_of(settings.release)
    name, tag = ("<image>", "latest") if label is None else (label.base, label.suffix or "latest")
    public = not job_runs.is_before(settings.release, PUBLIC_IMAGES_SINCE)
    registry = "public.ecr.aws/emr-on-eks" if public else "<registry of EMR on EKS in the Region>"
    return {
        "uri": job.image,
        "base": f"{registry}/spark/{name}",
        "tag": tag,
        "digest": job_runs.DIGEST_PLACEHOLDER,
        "jar": JAR_NAME,
        "folder": INSTALLED_FOLDER,
        # Without a plugin nothing else tells the executors' Python where the jar is.
        "python_path": not settings.release.has_plugins,
    }


def write(rendered: Rendered) -> Mapping[str, str]:
    told, job = rendered.content, rendered.job
    accounts, image = told["service_accounts"], told["image"]
    is_shim = rendered.settings.flavour is Flavour.SHIM
    templated = external_ids.PODS if told["external_ids"]["files"] else ()
    values = {
        "comments": [*rendered.settings.comments, *told["notes"]],
        "unverified": (UNVERIFIED, *rendered.settings.release.unverified),
        "kind": str(rendered.settings.plan.access_map.base.kind),
        "secret": external_ids.SECRET,
        "external_ids": told["external_ids"],
        "mounts": [(json.dumps(file), role) for file, role in told["external_ids"]["files"].items()],
        "mounts_profiles": _mounts_profiles(job),
        "profiles": profiles.PATH,
        "profiles_folder": profiles.FOLDER,
        "secrets": external_ids.secret_options(told["external_ids"]),
        "jar": JAR_NAME,
        "image": image,
        "image_tag": None if image is None else shlex.quote(image["uri"].partition("@")[0]),
        # What stands behind the name in the shell's own expansion.
        "namespace": "?is the namespace of the virtual cluster"
        if is_placeholder(accounts["namespace"])
        else f"={accounts['namespace']}",
        "parts": _parts(told),
        "role": None if accounts["role"] is None else shlex.quote(accounts["role"]),
        "accounts": accounts.get("names", {}),
        "pattern": accounts.get("pattern"),
        "staged_jar": shlex.quote(job.staged_jar) if is_shim and job.image is None else None,
        "pod_templates": {f"{pod}-pod-template.yaml": shlex.quote(_template_uri(job, pod)) for pod in templated},
    }
    files = {
        "start-job-run.json": json.dumps(told["request"], indent=2) + "\n",
        "service-accounts.json": json.dumps(accounts, indent=2) + "\n",
        **{
            f"{pod}-pod-template.yaml": templates.fill(
                NAME,
                "pod-template.yaml.j2",
                {**values, "pod": pod, "with_profiles": pod == "driver" and values["mounts_profiles"]},
            )
            for pod in external_ids.PODS
        },
    }
    of_image = ("Dockerfile", "Dockerfile.fragment", "entrypoint.sh") if image is not None else ()
    for name in ("setup.sh", "submit.sh", *of_image):
        files[name] = templates.fill(NAME, f"{name}.j2", values)
    return files


def _parts(told: Mapping[str, Any]) -> list[str]:
    """The functions of setup.sh."""
    has_ids = any(told["external_ids"].values())
    return ["role", *(["secret"] if has_ids else []), *(["image"] if told["image"] is not None else [])]


def _mounts_profiles(job: Job) -> bool:
    """Whether the driver's template mounts AWS profiles: two mounts of one path make no pod."""
    mounted = re.compile(rf"spark\.kubernetes\.driver\.\S+={re.escape(profiles.FOLDER)}/?(?=[\s\"']|\Z)")
    return not any(map(mounted.search, job.parameters))


def _template_uri(job: Job, pod: str) -> str:
    return f"{job.staging.rstrip('/')}/{pod}-pod-template.yaml"


TARGET = register(
    Target(
        name=NAME,
        doc="a job run on EMR on EKS: request, image, pod templates, service accounts",
        content=content,
        write=write,
        limits=(
            "100 properties of 1,024 characters, the rest in 102,400 characters of sparkSubmitParameters; an entry point of 256"
        ),
        default_release="emr-7.12.0",
        families=("emr", "emr-spark"),
        delivery=job_runs.delivery,
        channel=lambda release, job: channels.AUTHENTICATED,
        takes_job=True,
        goes_into=(*forms.BESIDE, forms.Form.EMR_EKS),
    )
)
