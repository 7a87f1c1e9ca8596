"""Who Python code of this process is to AWS, by GetCallerIdentity of the plan's STS."""

from __future__ import annotations

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
    from spark_xacct.aws.sts import CALL_ERRORS

    try:
        return _arn(role)
    # The last four are what botocore's providers let through: a token's file that is gone or has two lines, an answer that
    # lacks a field, keys that have ended already.
    except (XacctError, *CALL_ERRORS, OSError, ValueError, KeyError, RuntimeError) as error:
        return next(iter(str(error).strip().splitlines()), "") or type(error).__name__


def _arn(role: str) -> str:
    from spark_xacct.aws.sts import CONFIG, StsClients

    sessions = current()
    clients = StsClients(sessions.plan.access_map.sts, sessions.environment)
    if role == PLAIN:
        import boto3
        from botocore.config import Config

        # The address is named always, so that the user's configuration file has no say, and then botocore wants no FIPS of its own.
        client = boto3.client(
            "sts",
            region_name=clients.region,
            endpoint_url=clients.endpoint_for_people,
            config=CONFIG.merge(Config(use_fips_endpoint=False)),
        )
        return str(client.get_caller_identity()["Arn"])
    session = sessions.base_session() if role == TARGET_BASE else sessions.session(role)
    return clients.caller_arn(session.get_credentials().get_frozen_credentials())
