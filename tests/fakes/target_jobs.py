"""What a plan and a job must be for a place to take them: for tests that go over all targets."""

from __future__ import annotations

from dataclasses import replace

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.model import Arn, Base, BaseKind
from spark_xacct.plan import Plan
from spark_xacct.targets import Job

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/spark:7"
# Owned by the platform in every plan of target_plans.
STAGING = "s3://corp-dev-code/spark-xacct"
# Places that know one base identity only.
BASES = {"emr-serverless": BaseKind.EMR_RUNTIME_ROLE, "glue": BaseKind.EMR_RUNTIME_ROLE}
# Places that take the text of an external id only.
LITERAL = ("aws-profile",)
# Places where nothing is installed but by an image, so that without one our provider cannot be the only one.
OF_IMAGES = ("emr-eks", "emr-serverless", "spark-operator")
# Labels that a place never had, or had without images of one's own.
NEVER = {"emr-serverless": ("emr-5.36.0", "emr-6.5.0", "emr-6.6.0", "emr-6.7.0", "emr-6.8.0")}


def fitting(name: str, plan: Plan) -> tuple[Plan, Job | None]:
    """The plan with what target ``name`` can carry of base and external ids, and a job that it takes, None where it takes none."""
    access_map = plan.access_map
    if name in LITERAL:
        roles = {key: replace(role, external_id=None) for key, role in access_map.roles.items()}
        plan = plans.encode(replace(access_map, roles=roles))
    if name in BASES:
        arn = access_map.base.arn or Arn.parse_principal("arn:aws:iam::111122223333:role/etl")
        plan = plans.encode(replace(access_map, base=Base(BASES[name], arn)))
    if not targets.find(name).takes_job:
        return plan, None
    return plan, Job(staging=STAGING, image=IMAGE if name in OF_IMAGES else None)


def exists(name: str, release: str) -> bool:
    """Whether target ``name`` ever took such a job on this label."""
    return release not in NEVER.get(name, ())
