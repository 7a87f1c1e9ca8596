"""Target ``emr-ec2``: a cluster of Amazon EMR on EC2, new or running, and a Spark step on it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spark_xacct.model import BaseKind
from spark_xacct.targets import (
    aws_model,
    channels,
    emr_ec2_checks,
    emr_ec2_cluster,
    emr_ec2_steps,
    external_ids,
    templates,
)
from spark_xacct.targets.classifications import Classification
from spark_xacct.targets.connectors import EMRFS
from spark_xacct.targets.emr_ec2_checks import runtime_role
from spark_xacct.targets.files import forms
from spark_xacct.targets.job import INSTALLED_FOLDER, JAR_NAME, Job
from spark_xacct.targets.registry import Delivery, Rendered, Target, register
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.settings import EXECUTOR_ENVIRONMENT, Flavour, Settings

DRIVER_ENVIRONMENT = "spark.yarn.appMasterEnv."
CLUSTER_PLACEHOLDER = "<cluster id>"
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
    step = emr_ec2_steps.spark_step(TARGET.name, job, _of_spark(settings), whole=not is_new)
    notes = [*_notes(settings, job), *_external_ids(settings, is_new)]
    found: dict[str, Any] = {"notes": notes, "step": step, "external_ids": external_ids.references(settings)}
    role = runtime_role(settings, job)
    installs = settings.flavour is Flavour.SHIM and not job.spark_jars
    if is_new:
        found["configurations"] = list(_configurations(settings))
        if role is not None:
            found["security_configuration"] = _runtime_roles_on()
        install = [emr_ec2_steps.install_step(settings.release, job, "CANCEL_AND_WAIT")] if installs else []
        # A runtime role holds for every step of a request, and the installing one is none of its.
        found["create_cluster"] = emr_ec2_cluster.request_of(
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


def _of_spark(settings: Settings) -> tuple[Setting, ...]:
    """YARN hands no variable of a node to a container by itself: those of external ids are settings as well."""
    ids = external_ids.as_settings(settings, (DRIVER_ENVIRONMENT, EXECUTOR_ENVIRONMENT))
    return (*settings.spark_settings(driver=(DRIVER_ENVIRONMENT,)), *ids)


def _configurations(settings: Settings) -> Iterator[dict[str, Any]]:
    """spark-defaults is all that Spark needs. Of the others Hadoop, Hive and the rest read the same values: EMRFS its own file, which
    wins over core-site for it, everything else core-site."""
    emrfs = {setting.name: setting.value for setting in settings.hadoop if setting.name.startswith("fs.s3.")}
    rest = {setting.name: setting.value for setting in settings.hadoop if setting.name not in emrfs}
    spark = {setting.name: setting.value for setting in _of_spark(settings)}
    for name, properties in {"core-site": rest, "emrfs-site": emrfs, "spark-defaults": spark}.items():
        if properties:
            yield Classification(name, properties).for_ec2()


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
    if base.kind is BaseKind.INSTANCE_PROFILE and base.arn is not None and _is_new(job):
        yield (
            f"JobFlowRole names an instance profile, here by the name of the role in base.arn, {base.arn.resource_name}; write the profile's "
            "own name where it has another"
        )
    if role is not None:
        yield (
            "runtime role: steps cannot reach the instance metadata service; whose credentials a credentials provider finds there is not "
            "documented, so base.arn is compared with what STS says before anything is served; not tested"
        )
    if role is not None and base.kind not in (BaseKind.EMR_RUNTIME_ROLE, BaseKind.CLASS):
        yield f"base {base.kind}: the step is {role} by itself; declare base: {{kind: emr-runtime-role, arn: {role}}} to begin with it"
    if job.logs is not None and not _is_new(job):
        yield "--logs: a cluster that runs writes its logs where it was told when it was created"
    if role is not None and not _is_new(job):
        yield "runtime role: the cluster's security configuration must have runtime roles switched on"
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
            "unverified: EMR on EC2 as a whole, not tested; Spark on YARN with the jar in Spark's jars folder, and by spark.jars, is "
            "tested with Apache's own"
        )


def _external_ids(settings: Settings, is_new: bool) -> Iterator[str]:
    references = external_ids.references(settings)
    script, where, who = (
        ("create-cluster.sh", "the cluster's settings", "the cluster")
        if is_new
        else ("add-steps.sh", "the step", "steps")
    )
    for variable, role in references["variables"].items():
        yield (
            f"external id of role {role}: {script} and submit take it from {variable} of your shell into {where}, where whoever may "
            f"describe {who} reads it (to AWS it is no secret); whoever sends the JSON writes it instead of "
            f"{external_ids.placeholder(role)}. What runs without Spark's settings, and a driver in client mode, needs {variable} "
            "exported on its node"
        )
    for file, role in references["files"].items():
        yield (
            f"external id of role {role}: {file} must lie on every node at this path, readable for the user of the containers; a bootstrap "
            "action of yours brings it"
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
        "sha256": job.jar_sha256,
        "bootstrap": emr_ec2_steps.script(job, "bootstrap.sh"),
        "install": emr_ec2_steps.script(job, "install.sh"),
        "on": job.on or "",
        "role": runtime_role(settings, job) or "",
        "job_steps": emr_ec2_steps.as_cli_json([found["step"]]),
        "install_steps": emr_ec2_steps.as_cli_json(found["add_install"]["Steps"]) if "add_install" in found else "",
    }
    return {
        "comments": settings.comments,
        "notes": found["notes"],
        "job": job,
        "release": settings.release.name,
        "role": runtime_role(settings, job),
        "security_configuration": emr_ec2_cluster.SECURITY_CONFIGURATION,
        "is_new": "create_cluster" in found,
        "is_shim": is_shim,
        "installs": is_shim and not job.spark_jars,
        "has_auxlib": emr_ec2_steps.has_auxlib(settings.release),
        "has_emrfs_site": "emrfs-site" in [one["Classification"] for one in found.get("configurations", ())],
        "auxlib": emr_ec2_steps.AUXLIB,
        "installed": INSTALLED_FOLDER,
        "of_cluster": _asked_for(found, found.get("configurations", ())),
        "of_step": _asked_for(found, found["step"]),
        "create_options": list(emr_ec2_cluster.cli_options(found["create_cluster"]))
        if "create_cluster" in found
        else [],
        **{f"{name}_word": shlex.quote(word) for name, word in words.items()},
    }


def _asked_for(found: Mapping[str, Any], part: Any) -> list[tuple[str, str, str]]:
    """(variable, role, placeholder) of the external ids that a part of the content waits for; not those that the user said."""
    text = json.dumps(part)
    known = (
        (variable, role, external_ids.placeholder(role))
        for variable, role in found["external_ids"]["variables"].items()
    )
    return [one for one in known if one[2] in text]


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
        channel=lambda release, job: channels.YARN,
        takes_job=True,
        goes_into=(*forms.BESIDE, forms.Form.EMR_EC2),
    )
)
