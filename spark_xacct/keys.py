"""Names that both languages, every target and the documentation share.

Each constant that the JVM reads stands in ``io.sparkxacct.plan.Keys`` under the same name; a test compares the two.
"""

from __future__ import annotations

# Hadoop configuration (in Spark: with the prefix ``spark.hadoop.``).
PLAN = "fs.xacct.plan"
ABOUT = "fs.xacct.about"
RUN = "fs.xacct.run"
USER = "fs.xacct.user"
SPARK_HADOOP_PREFIX = "spark.hadoop."

# Environment of driver and executors, for Python that has no JVM beside it.
PLAN_ENVIRONMENT = "SPARK_XACCT_PLAN"
RUN_ENVIRONMENT = "SPARK_XACCT_RUN"
USER_ENVIRONMENT = "SPARK_XACCT_USER"
# The folder of the endpoint of the JVM that started a Python process.
ENDPOINT_ENVIRONMENT = "SPARK_XACCT_ENDPOINT"
# The daemon or worker module that was configured before ours, which runs it.
NEXT_DAEMON_ENVIRONMENT = "SPARK_XACCT_NEXT_DAEMON"

# Class names that stand in users' configuration: API, never to be moved.
S3A_PROVIDER = "io.sparkxacct.s3a.S3ARoleCredentialsProvider"
S3A_V1_PROVIDER = "io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider"
EMRFS_PROVIDER = "io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider"
S3A_HOOK = "io.sparkxacct.s3a.RoleInterceptor"
S3A_V1_HOOK = "io.sparkxacct.s3av1.RoleRequestHandler"
PLUGIN = "io.sparkxacct.spark.CrossAccountPlugin"

# Provider keys of the connectors.
S3A_PROVIDER_KEY = "fs.s3a.aws.credentials.provider"
EMRFS_PROVIDER_KEY = "fs.s3.customAWSCredentialsProvider"

# Reserved role targets of a plan; "@" cannot start a role name.
TARGET_BASE = "@base"
OTHERWISE_PLATFORM = "@platform"
OTHERWISE_DENY = "@deny"


def plan_part(name: str, number: int, separator: str) -> str:
    """The name of part ``number`` (from 1) of a plan: the bare name first, then name + separator + number."""
    return name if number == 1 else f"{name}{separator}{number}"
