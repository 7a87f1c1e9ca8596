"""Job runs on EMR on EKS for the tests of that target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.target_plans import access_map, bound, named, role
from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import Arn, Base, BaseKind, ExternalId
from spark_xacct.plan import Plan
from spark_xacct.targets import Job

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/spark:7"
ETL = "arn:aws:iam::111122223333:role/etl"
JAR = "spark-xacct-0.1.0.jar"
JOB = Job(
    name="daily",
    entry_point="s3://code/job.py",
    arguments=("--day", "2026 11 22"),
    on="abc123",
    logs="s3://corp-logs/emr/",
    staging="s3://staging/xacct",
)


def of_base(kind: BaseKind, plan: Plan | None = None, arn: str | None = ETL, **more: Any) -> Plan:
    base = Base(kind, Arn.parse_principal(arn) if arn else None, **more)
    return plans.encode(replace((plan or named()).access_map, base=base))


def of_external_id(external_id: ExternalId) -> Plan:
    roles = {"partner": role("partner", "444455556666", external_id=external_id)}
    return plans.encode(
        access_map(bound("partner-data", "partner"), roles=roles, python_roles=("partner",), python_default_role=None)
    )


def render(plan: Plan | None = None, release: str | None = None, job: Job = JOB, **how: Any) -> targets.Rendered:
    return targets.render("emr-eks", plan or named(), release, job=job, **how)


def refusal(plan: Plan | None = None, release: str | None = None, job: Job = JOB, **how: Any) -> str:
    with pytest.raises(TargetError) as error:
        render(plan, release, job, **how)
    return str(error.value)


def defaults(rendered: targets.Rendered) -> dict[str, str]:
    configurations = rendered.data["request"]["configurationOverrides"]["applicationConfiguration"]
    (found,) = [one["properties"] for one in configurations if one["classification"] == "spark-defaults"]
    return found


def parameters(rendered: targets.Rendered) -> str:
    return rendered.data["request"]["jobDriver"]["sparkSubmitJobDriver"].get("sparkSubmitParameters", "")
