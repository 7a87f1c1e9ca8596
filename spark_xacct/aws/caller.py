"""Who Python code of this process is to AWS, by GetCallerIdentity."""

from __future__ import annotations

from typing import Any

from spark_xacct.aws.active import current
from spark_xacct.aws.dependency import require_boto3
from spark_xacct.errors import MissingDependencyError, XacctError
from spark_xacct.keys import TARGET_BASE

# What a program gets that knows nothing of roles.
PLAIN = "boto3.client()"


def caller(role: str) -> str:
    """The ARN of a role of the plan, of the base identity ("@base"), or of what plain boto3 finds (PLAIN).

    Else, in one line, why there is none. Raises nothing: it runs in workers, where an exception would end the job that asks.
    """
    try:
        require_boto3()
    except MissingDependencyError as missing:
        return str(missing)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(_client(role).get_caller_identity()["Arn"])
    except (XacctError, BotoCoreError, ClientError) as error:
        return str(error).splitlines()[0]


def _client(role: str) -> Any:
    sessions = current()
    if role == PLAIN:
        import boto3

        return boto3.client("sts", region_name=sessions.plan.access_map.sts.region)
    session = sessions.base_session() if role == TARGET_BASE else sessions.session(role)
    return session.client("sts")
