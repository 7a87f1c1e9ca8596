"""The run: the id and the user that role-session names carry, so that CloudTrail can be searched for one application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spark_xacct import keys
from spark_xacct.aws.role_sessions import drawn_run, user_name

# The id of a job run, as several published programs that run on EMR Serverless read it; AWS does not document it: unverified.
# https://github.com/opensearch-project/opensearch-spark has one of them.
SERVERLESS_JOB_RUN = "SERVERLESS_EMR_JOB_ID"


@dataclass(frozen=True)
class Run:
    """One run of one application. No secret: both values end up in session names."""

    id: str
    user: str


def find(
    environment: Mapping[str, str],
    settings: Mapping[str, str],
    run: str | None = None,
    user: str | None = None,
    anew: bool = False,
) -> Run:
    """The run and user that the caller, the platform or the submitter has named, else the run id drawn for this process.

    ``settings`` are Spark's, with the ``spark.hadoop.`` prefix where they are Hadoop's. ``anew``: an application of this
    process has ended and another begins, so neither its settings nor the id drawn for it count.
    """
    if anew:
        settings = {}
    on_kubernetes = settings.get("spark.master", "").startswith("k8s://")
    named = (
        run,
        environment.get(keys.RUN_ENVIRONMENT),
        settings.get(keys.SPARK_HADOOP_PREFIX + keys.RUN),
        settings.get("spark.yarn.app.id"),
        settings.get("spark.app.id") if on_kubernetes else None,
        environment.get(SERVERLESS_JOB_RUN),
    )
    if not user and not environment.get(keys.USER_ENVIRONMENT):
        user = settings.get(keys.SPARK_HADOOP_PREFIX + keys.USER)
    return Run(next((value for value in named if value), "") or drawn_run(anew), user or user_name(environment))
