"""What a request says about who its jobs are: the service, and the role that it runs them as."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spark_xacct.model import BaseKind
from spark_xacct.targets.files import ExistingFile
from spark_xacct.targets.files.emr_json import EmrJson


@dataclass(frozen=True)
class Platform:
    """Where jobs run. ``kind`` is what their processes begin with, ``role`` as whom, where the request says it."""

    title: str
    kind: BaseKind
    role: str | None = None


def of(files: Iterable[ExistingFile]) -> Platform | None:
    """The platform of the first request among the files; None where none is one."""
    for file in files:
        if isinstance(file, EmrJson):
            for request in _objects(file.data):
                found = _platform(request)
                if found is not None:
                    return found
    return None


def _objects(data: Any) -> Iterator[Mapping[str, Any]]:
    """The request, also as a command gives it back: {"jobRun": {...}}."""
    if isinstance(data, dict):
        yield data
        yield from (value for value in data.values() if isinstance(value, dict))


def _platform(request: Mapping[str, Any]) -> Platform | None:
    role = request.get("executionRoleArn") or request.get("executionRole")
    role = role if isinstance(role, str) else None
    driver = request.get("jobDriver")
    drivers = set(driver) if isinstance(driver, dict) else set()
    if "virtualClusterId" in request or "sparkSubmitJobDriver" in drivers:
        return Platform("EMR on EKS", BaseKind.IRSA, role)
    if "applicationId" in request or "sparkSubmit" in drivers:
        return Platform("EMR Serverless", BaseKind.EMR_RUNTIME_ROLE, role)
    if {"Instances", "JobFlowRole"} & set(request):
        return Platform("EMR on EC2", BaseKind.INSTANCE_PROFILE)
    steps = request.get("ExecutionRoleArn")
    if isinstance(steps, str):
        return Platform("EMR on EC2 with a runtime role", BaseKind.EMR_RUNTIME_ROLE, steps)
    return None
