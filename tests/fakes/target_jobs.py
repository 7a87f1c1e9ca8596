"""What a plan and a job must be for a place to take them: for tests that go over all targets."""

from __future__ import annotations

from dataclasses import replace

from spark_xacct import plan as plans
from spark_xacct.model import Arn, Base, BaseKind
from spark_xacct.plan import Plan
from spark_xacct.targets import Job

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/spark:7"
# Places that know one base identity only.
BASES = {"emr-serverless": BaseKind.EMR_RUNTIME_ROLE}
# Places where nothing is installed but by an image, so that without one our provider cannot be the only one.
OF_IMAGES = ("emr-eks", "emr-serverless", "spark-operator")
# Labels that a place never had.
NEVER = {"emr-serverless": ("emr-5.36.0", "emr-6.5.0")}


def fitting(name: str, plan: Plan) -> tuple[Plan, Job | None]:
    """The plan with the base identity of target ``name``, and a job with an image where one is needed."""
    access_map = plan.access_map
    if name in BASES:
        arn = access_map.base.arn or Arn.parse_principal("arn:aws:iam::111122223333:role/etl")
        plan = plans.encode(replace(access_map, base=Base(BASES[name], arn)))
    return plan, Job(image=IMAGE) if name in OF_IMAGES else None


def exists(name: str, release: str) -> bool:
    """Whether target ``name`` ever had this label."""
    return release not in NEVER.get(name, ())
