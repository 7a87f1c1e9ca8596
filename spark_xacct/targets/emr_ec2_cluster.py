"""The request for a new cluster of EMR on EC2, and the options of the AWS CLI that make the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spark_xacct.model import BaseKind
from spark_xacct.targets import emr_ec2_steps
from spark_xacct.targets.emr_ec2_checks import runtime_role
from spark_xacct.targets.job import Job
from spark_xacct.targets.settings import Flavour, Settings

SECURITY_CONFIGURATION = "spark-xacct-runtime-roles"
# AWS's own names: https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-iam-roles-defaultroles.html
SERVICE_ROLE = "EMR_DefaultRole"
INSTANCE_PROFILE = "EMR_EC2_DefaultRole"
INSTANCE_TYPE = "m5.xlarge"
CORE_NODES = 2
IDLE_SECONDS = 3_600


def request_of(
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


def cli_options(request: Mapping[str, Any]) -> Iterator[str]:
    """The options of ``aws emr create-cluster`` that make this very request, but for configurations, which are a file: the AWS CLI has
    no command that takes it whole."""
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
        yield f"--steps {shlex.quote(emr_ec2_steps.as_cli_json(request['Steps']))}"


def _json_word(value: Any) -> str:
    return shlex.quote(json.dumps(value))
