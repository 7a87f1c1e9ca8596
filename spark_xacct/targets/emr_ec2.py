"""Target ``emr-ec2``: a cluster of Amazon EMR on EC2, new or running, and a Spark step on it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spark_xacct.model import BaseKind
from spark_xacct.targets import aws_model, emr_ec2_checks, emr_ec2_steps, templates
from spark_xacct.targets.classifications import Classification
from spark_xacct.targets.connectors import EMRFS
from spark_xacct.targets.emr_ec2_checks import runtime_role
from spark_xacct.targets.job import INSTALLED_FOLDER, JAR_NAME, Job
from spark_xacct.targets.registry import Delivery, Rendered, Target, register
from spark_xacct.targets.settings import Flavour, Settings

DRIVER_ENVIRONMENT = "spark.yarn.appMasterEnv."
CLUSTER_PLACEHOLDER = "<cluster id>"
SECURITY_CONFIGURATION = "spark-xacct-runtime-roles"
# AWS's own names: https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-iam-roles-defaultroles.html
SERVICE_ROLE = "EMR_DefaultRole"
INSTANCE_PROFILE = "EMR_EC2_DefaultRole"
INSTANCE_TYPE = "m5.xlarge"
CORE_NODES = 2
IDLE_SECONDS = 3_600
# File -> what of the content stands in it.
JSON_FILES = {
    "configurations.json": "configurations",
    "security-configuration.json": "security_configuration",
    "create-cluster.json": "create_cluster",
    "step.json": "step",
    "add-install.json": "add_install",
    "add-steps.json": "add_steps",
}
SCRIPTS = ("bootstrap.sh", "install.sh", "create-cluster.sh", "add-steps.sh")
# What a process on a node can be. Others need somebody who brings them there.
_ON_NODES = (
    BaseKind.INSTANCE_PROFILE,
    BaseKind.EMR_RUNTIME_ROLE,
    BaseKind.ENV,
    BaseKind.PROFILE,
    BaseKind.CLASS,
)


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    """Requests and their parts. Without ``on`` for a new cluster, which carries the settings; with it for one that runs, where
    the step carries them."""
    emr_ec2_checks.check(TARGET.name, settings, job)
    is_new = _is_new(job)
    settings_of_spark = settings.spark_settings(driver=(DRIVER_ENVIRONMENT,))
    step = emr_ec2_steps.spark_step(TARGET.name, job, settings_of_spark, whole=not is_new)
    found: dict[str, Any] = {"notes": list(_notes(settings, job)), "step": step}
    role = runtime_role(settings, job)
    installs = settings.flavour is Flavour.SHIM and not job.spark_jars
    if is_new:
        found["configurations"] = list(_configurations(settings))
        if role is not None:
            found["security_configuration"] = _runtime_roles_on()
        install = [emr_ec2_steps.install_step(settings.release, job, "CANCEL_AND_WAIT")] if installs else []
        # A runtime role holds for every step of a request, and the installing one is none of its.
        found["create_cluster"] = _create_cluster(
            settings, job, found["configurations"], install + ([] if role else [step])
        )
        emr_ec2_steps.check_length(TARGET.name, found["create_cluster"].get("Steps", ()), carries_settings=False)
        aws_model.check(TARGET.name, "emr", "RunJobFlow", found["create_cluster"])
    elif installs:
        install = [emr_ec2_steps.install_step(settings.release, job, "CONTINUE")]
        found["add_install"] = _add_steps(job, install)
    found["add_steps"] = _add_steps(job, [step], role)
    for request in filter(None, (found.get("add_install"), found["add_steps"])):
        emr_ec2_steps.check_length(TARGET.name, request["Steps"], carries_settings=not is_new)
        aws_model.check(TARGET.name, "emr", "AddJobFlowSteps", request)
    return found


def _is_new(job: Job) -> bool:
    """Whether the cluster is to be created. One that spark.jars serves runs already: nothing is prepared for it."""
    return job.on is None and not job.spark_jars


def _configurations(settings: Settings) -> Iterator[dict[str, Any]]:
    """spark-defaults is all that Spark needs. Of the others Hadoop, Hive and the rest read the same values: EMRFS its own file, which
    wins over core-site for it, everything else core-site."""
    emrfs = {setting.name: setting.value for setting in settings.hadoop if setting.name.startswith("fs.s3.")}
    rest = {setting.name: setting.value for setting in settings.hadoop if setting.name not in emrfs}
    spark = {setting.name: setting.value for setting in settings.spark_settings(driver=(DRIVER_ENVIRONMENT,))}
    for name, properties in {"core-site": rest, "emrfs-site": emrfs, "spark-defaults": spark}.items():
        if properties:
            yield Classification(name, properties).for_ec2()


def _create_cluster(
    settings: Settings, job: Job, configurations: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    release = settings.release
    applications = ["Spark"] if release.family == "emr-spark" else ["Hadoop", "Spark"]
    request: dict[str, Any] = {
        "Name": job.name,
        "ReleaseLabel": release.name,
        "Applications": [{"Name": name} for name in applications],
        "Configurations": list(configurations),
        "Instances": {
            "InstanceGroups": [_group("MASTER", 1), _group("CORE", CORE_NODES)],
            "KeepJobFlowAliveWhenNoSteps": True,
            "TerminationProtected": False,
        },
        "AutoTerminationPolicy": {"IdleTimeout": IDLE_SECONDS},
        "JobFlowRole": _instance_profile(settings),
        "ServiceRole": SERVICE_ROLE,
        "VisibleToAllUsers": True,
        "Tags": [{"Key": "spark-xacct-plan", "Value": settings.plan.id}],
    }
    if settings.flavour is Flavour.SHIM:
        request["BootstrapActions"] = [emr_ec2_steps.bootstrap_action(release, job)]
    if steps:
        request["Steps"] = list(steps)
    if job.logs is not None:
        request["LogUri"] = job.logs
    if runtime_role(settings, job) is not None:
        request["SecurityConfiguration"] = SECURITY_CONFIGURATION
    return request


def _group(role: str, count: int) -> dict[str, Any]:
    return {
        "Name": role,
        "InstanceRole": role,
        "InstanceType": INSTANCE_TYPE,
        "InstanceCount": count,
        "Market": "ON_DEMAND",
    }


def _instance_profile(settings: Settings) -> str:
    base = settings.plan.access_map.base
    if base.kind is BaseKind.INSTANCE_PROFILE and base.arn is not None and not base.is_user:
        return base.arn.resource_name
    return INSTANCE_PROFILE


def _runtime_roles_on() -> dict[str, Any]:
    # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-steps-runtime-roles.html
    return {"AuthorizationConfiguration": {"IAMConfiguration": {"EnableApplicationScopedIAMRole": True}}}


def _add_steps(job: Job, steps: Sequence[Mapping[str, Any]], role: str | None = None) -> dict[str, Any]:
    request: dict[str, Any] = {"JobFlowId": job.on or CLUSTER_PLACEHOLDER, "Steps": list(steps)}
    return {**request, "ExecutionRoleArn": role} if role is not None else request


def _notes(settings: Settings, job: Job) -> Iterator[str]:
    base, role = settings.plan.access_map.base, runtime_role(settings, job)
    if base.kind not in _ON_NODES:
        yield (
            f"base {base.kind}: a node of EMR on EC2 has no such identity by itself; declare base: instance-profile, or bring it to every "
            "container"
        )
    if base.kind is BaseKind.INSTANCE_PROFILE and base.arn is not None:
        yield (
            f"JobFlowRole names an instance profile, here by the name of the role in base.arn, {base.arn.resource_name}; write the profile's "
            "own name where it has another"
        )
    if role is not None:
        yield (
            "runtime role: steps cannot reach the instance metadata service; whose credentials a credentials provider finds there is not "
            "documented, so base.arn is compared with what STS says before anything is served; no run of ours"
        )
    if settings.flavour is Flavour.SHIM and _is_new(job):
        yield from _without_spark(settings)
    if settings.flavour is Flavour.SHIM and not _is_new(job):
        yield (
            "the step's options win over the cluster's spark-defaults.conf: where spark.plugins.defaultList or spark.submit.pyFiles stand "
            "there, say them with --parameter too, and the values are joined"
        )
    yield from (f"unverified: {fact}" for fact in settings.release.unverified)
    if settings.flavour is Flavour.SHIM:
        yield (
            "unverified: EMR on EC2 as a whole, no run of ours; Spark on YARN with the jar in Spark's jars folder, and by spark.jars, is "
            "tested with Apache's own"
        )


def _without_spark(settings: Settings) -> Iterator[str]:
    """Hadoop's own class path, which the jar is on through EMRFS's folder."""
    refused = "all buckets" if settings.is_global else "declared buckets"
    if not emr_ec2_steps.has_auxlib(settings.release):
        yield (
            f"hadoop fs and distcp: no folder is known that is on their class path, so they refuse {refused} (the class is not found); "
            "Spark, Thrift Server and History Server have it"
        )
    elif EMRFS not in settings.release.default_connectors:
        yield (
            f"unverified: whether {emr_ec2_steps.AUXLIB} is on the class path of hadoop fs, Hive and distcp here; where it is not, they "
            f"refuse {refused} (the class is not found)"
        )


def write(rendered: Rendered) -> Mapping[str, str]:
    found = rendered.content
    values = _values(rendered)
    texts = {"README.md": templates.fill(TARGET.name, "applied.md.j2", values)}
    for name, key in JSON_FILES.items():
        if key in found:
            texts[name] = json.dumps(found[key], indent=2) + "\n"
    wanted = {
        "bootstrap.sh": bool(found.get("create_cluster", {}).get("BootstrapActions")),
        "install.sh": values["installs"],
        "create-cluster.sh": "create_cluster" in found,
        "add-steps.sh": True,
    }
    for name in SCRIPTS:
        if wanted[name]:
            texts[name] = templates.fill(TARGET.name, f"{name}.j2", values)
    return texts


def _values(rendered: Rendered) -> dict[str, Any]:
    """For templates: plain words for people, and words that are safe in a shell, whose names end in ``_word``."""
    found, job, settings = rendered.content, rendered.job, rendered.settings
    is_shim = settings.flavour is Flavour.SHIM
    words = {
        "jar": job.staged_jar,
        "jar_name": JAR_NAME,
        "sha256": job.jar_sha256,
        "bootstrap": emr_ec2_steps.script(job, "bootstrap.sh"),
        "install": emr_ec2_steps.script(job, "install.sh"),
        "on": job.on or "",
        "role": runtime_role(settings, job) or "",
        "job_steps": _for_cli([found["step"]]),
        "install_steps": _for_cli(found["add_install"]["Steps"]) if "add_install" in found else "",
    }
    return {
        "comments": settings.comments,
        "notes": found["notes"],
        "job": job,
        "release": settings.release.name,
        "plan": settings.plan.id,
        "role": runtime_role(settings, job),
        "security_configuration": SECURITY_CONFIGURATION,
        "is_new": "create_cluster" in found,
        "is_shim": is_shim,
        "installs": is_shim and not job.spark_jars,
        "has_auxlib": emr_ec2_steps.has_auxlib(settings.release),
        "auxlib": emr_ec2_steps.AUXLIB,
        "installed": INSTALLED_FOLDER,
        "staged": {"jar": job.staged_jar, "scripts": emr_ec2_steps.script(job, "")},
        "create_options": list(_create_options(found["create_cluster"])) if "create_cluster" in found else [],
        **{f"{name}_word": shlex.quote(word) for name, word in words.items()},
    }


def _create_options(request: Mapping[str, Any]) -> Iterator[str]:
    """The options of ``aws emr create-cluster`` that make this very request: the AWS CLI has no command that takes it whole."""
    instances = request["Instances"]
    groups = [
        {
            "Name": group["Name"],
            "InstanceGroupType": group["InstanceRole"],
            "InstanceType": group["InstanceType"],
            "InstanceCount": group["InstanceCount"],
        }
        for group in instances["InstanceGroups"]
    ]
    yield f"--name {shlex.quote(request['Name'])}"
    yield f"--release-label {shlex.quote(request['ReleaseLabel'])}"
    yield "--applications " + " ".join(f"Name={one['Name']}" for one in request["Applications"])
    yield "--configurations file://configurations.json"
    yield f"--instance-groups {_json_word(groups)}"
    yield f"--ec2-attributes {_json_word({'InstanceProfile': request['JobFlowRole']})}"
    yield f"--service-role {shlex.quote(request['ServiceRole'])}"
    yield "--tags " + " ".join(shlex.quote(f"{tag['Key']}={tag['Value']}") for tag in request["Tags"])
    yield f"--auto-termination-policy {_json_word(request['AutoTerminationPolicy'])}"
    if "LogUri" in request:
        yield f"--log-uri {shlex.quote(request['LogUri'])}"
    if "SecurityConfiguration" in request:
        yield f"--security-configuration {shlex.quote(request['SecurityConfiguration'])}"
    if "BootstrapActions" in request:
        actions = [{"Name": one["Name"], **one["ScriptBootstrapAction"]} for one in request["BootstrapActions"]]
        yield f"--bootstrap-actions {_json_word(actions)}"
    if "Steps" in request:
        yield f"--steps {shlex.quote(_for_cli(request['Steps']))}"


def _for_cli(steps: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps([emr_ec2_steps.for_cli(step) for step in steps])


def _json_word(value: Any) -> str:
    return shlex.quote(json.dumps(value))


def _delivery(job: Job) -> Delivery:
    if job.spark_jars:
        return Delivery(jar=job.staged_jar)
    return Delivery(jar=f"{INSTALLED_FOLDER}/{JAR_NAME}", installed=True)


TARGET = register(
    Target(
        name="emr-ec2",
        doc="Amazon EMR on EC2: configurations, scripts and requests for a new cluster, or a step for one that runs",
        content=content,
        write=write,
        limits=f"{emr_ec2_steps.STEP_MAXIMUM_CHARACTERS:,} characters in one step; none known in configurations",
        default_release="emr-7.12.0",
        families=("emr", "emr-spark"),
        delivery=_delivery,
        takes_job=True,
    )
)
