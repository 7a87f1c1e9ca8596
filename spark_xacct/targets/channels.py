"""What makes the driver's channel to executors one for role sessions, by place."""

from __future__ import annotations

from spark_xacct.targets.job_runs import is_before
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import Channel, Setting

# There the driver seals what it says with a key that the containers have.
YARN = Channel("YARN")
AUTHENTICATED = Channel(
    "spark.authenticate with spark.network.crypto.enabled",
    (
        Setting("spark.authenticate", "true", "executors get role sessions over a channel that is authenticated"),
        Setting("spark.network.crypto.enabled", "true", "and encrypted"),
    ),
)
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/interworker-encryption.html
INTERNODE_TLS_SINCE = (6, 15)
INTERNODE_TLS = Setting(
    "spark.ssl.internode.enabled", "true", "executors get role sessions over a channel with certificates at both ends"
)


def of_emr_serverless(release: Release) -> Channel:
    """TLS between the workers of an application, from the first label that has it."""
    if is_before(release, INTERNODE_TLS_SINCE):
        return Channel("", why_not=INTERNODE_TLS.name + " came with emr-{}.{}".format(*INTERNODE_TLS_SINCE))
    return Channel(INTERNODE_TLS.name, (INTERNODE_TLS,))
