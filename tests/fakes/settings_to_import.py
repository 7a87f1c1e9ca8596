"""Settings as people have them, to be imported, and what a declaration makes of them."""

from __future__ import annotations

import dataclasses

from fakes.target_plans import named
from spark_xacct import declaration
from spark_xacct import plan as plans
from spark_xacct.importing import from_emrfs
from spark_xacct.model import AccessMap, Pattern

READER = "arn:aws:iam::444455556666:role/reader"
WRITER = "arn:aws:iam::777788889999:role/Writer"
HADOOP = "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider"
EMR = "com.amazonaws.emr.AssumeRoleAWSCredentialsProvider"
SERVERLESS = "com.amazonaws.emr.serverless.credentialsprovider.BucketLevelAssumeRoleCredentialsProvider"
V1_WEB = "com.amazonaws.auth.WebIdentityTokenCredentialsProvider"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "sts.region: nothing names the region of STS; us-east-1 was written, say --region REGION with yours"
NO_BASE = (
    "base: no setting says what your processes begin with; instance-profile was written, change it where it is another"
)

# A pattern needs otherwise: deny in a declaration.
NAMED = plans.encode(dataclasses.replace(named().access_map, own=(Pattern("corp-code"),)))


def conf(settings: dict[str, str]) -> str:
    return "".join(f"spark.hadoop.{name} {value}\n" if name.startswith("fs.") else f"{name} {value}\n" for name, value in settings.items())  # fmt: skip


def imported(settings: dict[str, str], region: str | None = "eu-west-1") -> tuple[AccessMap, list[str]]:
    """What the settings of a spark-defaults.conf come down to, and the lines beside, without that of a missing base."""
    made = from_emrfs([("my.conf", conf(settings))], region)
    return declaration.loads(made.text).access_map, [line for line in made.left if line != NO_BASE]


def roles_of(access: AccessMap) -> dict[str, str | None]:
    """Bucket -> the ARN that reads it, None for the base identity."""
    return {item.key: str(access.role(item.role).arn) if item.role else None for item in access.bindings}


def assumed(bucket: str = "b-1", **more: str) -> dict[str, str]:
    fields = {"arn": READER, **{name.replace("_", "."): value for name, value in more.items()}}
    settings = {f"fs.s3a.bucket.{bucket}.assumed.role.{name}": value for name, value in fields.items()}
    return {f"fs.s3a.bucket.{bucket}.aws.credentials.provider": HADOOP, **settings}
