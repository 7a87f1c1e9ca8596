"""What makes a process the base identity and sends it to the lab: exports and Spark properties."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# What would win over the lab's exports, or lead past the lab.
IN_THE_WAY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
ENDPOINT_PREFIX = "AWS_ENDPOINT_URL_"


def exports(endpoint: str, region: str, folder: Path, identity: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that is the base identity. ``identity`` is what makes it that."""
    empty = folder / "aws-config"
    empty.touch(mode=0o600)
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(empty),
        "AWS_SHARED_CREDENTIALS_FILE": str(empty),
        **identity,
    }


def spark_properties(endpoint: str, region: str, executor_environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that point S3A at the lab, and what an executor must have in its environment."""
    properties = {
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https:")).lower(),
    }
    properties.update({f"spark.executorEnv.{name}": value for name, value in executor_environment.items()})
    return properties


def write_properties(path: Path, properties: Mapping[str, str]) -> None:
    """A spark-defaults.conf, readable for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text("".join(f"{name} {value}\n" for name, value in properties.items()), encoding="utf-8")


def cleaned(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without anything that would win over the lab's exports."""
    return {
        name: value
        for name, value in environment.items()
        if name not in IN_THE_WAY and not name.startswith(ENDPOINT_PREFIX)
    }
