"""The run: the id and the user that role-session names carry, so that CloudTrail can be searched for one application."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from spark_xacct import keys
from spark_xacct.aws.role_sessions import user_name


@dataclass(frozen=True)
class Run:
    """One run of one application. No secret: both values end up in session names."""

    id: str
    user: str


def find(environment: Mapping[str, str], settings: Mapping[str, str]) -> Run:
    """The run that the platform or the submitter has named, else one drawn here (8 random hex digits).

    ``settings`` are Spark's, with the ``spark.hadoop.`` prefix where they are Hadoop's.
    """
    on_kubernetes = settings.get("spark.master", "").startswith("k8s://")
    named = (
        environment.get(keys.RUN_ENVIRONMENT),
        settings.get(keys.SPARK_HADOOP_PREFIX + keys.RUN),
        settings.get("spark.yarn.app.id"),
        settings.get("spark.app.id") if on_kubernetes else None,
    )
    user = None if environment.get(keys.USER_ENVIRONMENT) else settings.get(keys.SPARK_HADOOP_PREFIX + keys.USER)
    return Run(next((value for value in named if value), "") or secrets.token_hex(4), user or user_name(environment))
