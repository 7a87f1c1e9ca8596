"""Base identities: one row for each kind of identity a process can begin with.

A new base identity is a new kind and its row here; declaration, schema, plan, documents and tests read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from spark_xacct.errors import ModelError

_V1 = "com.amazonaws.auth."
_V2 = "software.amazon.awssdk.auth.credentials."


class BaseKind(str, Enum):
    """What the process already is, before any hop. One row each in ``BASES``."""

    IRSA = "irsa"
    POD_IDENTITY = "pod-identity"
    INSTANCE_PROFILE = "instance-profile"
    CONTAINER = "container"
    EMR_RUNTIME_ROLE = "emr-runtime-role"
    ENV = "env"
    PROFILE = "profile"
    CLASS = "class"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class BaseIdentity:
    """What is known of one kind.

    ``v1``, ``v2``: the credentials provider class for each SDK of the JVM, None where that SDK cannot serve it.
    ``sdk_own``: the SDKs' own classes where these are ours, for who has no jar of ours. ``since``: the first version of an SDK
    that can serve it, where a release is known to have an older one.
    ``botocore``: the METHOD names of botocore's providers that may serve it in Python, in order.
    ``trust``: who a trust policy names: ``web-identity``, ``pods``, a service, or None for users and profiles.
    ``markers``: environment variables that show that this identity is there; for error texts.
    ``needs_arn``: whether a declaration must say who this is, because the providers take whatever they find first.
    """

    v1: str | None
    v2: str | None
    botocore: tuple[str, ...]
    sdk_own: Mapping[str, str] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)
    trust: str | None = None
    markers: tuple[str, ...] = ()
    needs_arn: bool = False

    @property
    def is_anyone(self) -> bool:
        """Whether no platform says who this is, but whoever has filled in an environment, a file or a class."""
        return self.trust is None


BASES: Mapping[BaseKind, BaseIdentity] = {
    # Ours, because the SDKs' own classes cannot be told the STS endpoint of the plan.
    BaseKind.IRSA: BaseIdentity(
        "io.sparkxacct.sts1.WebIdentityCredentialsProvider",
        "io.sparkxacct.sts2.WebIdentityCredentialsProvider",
        ("assume-role-with-web-identity",),
        sdk_own={
            "v1": _V1 + "WebIdentityTokenCredentialsProvider",
            "v2": _V2 + "WebIdentityTokenFileCredentialsProvider",
        },
        trust="web-identity",
        markers=("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ),
    # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html : 1.12.262, which Hadoop 3.3.4 was built with,
    # neither knows the token file nor the address of the EKS agent.
    BaseKind.POD_IDENTITY: BaseIdentity(
        _V1 + "EC2ContainerCredentialsProviderWrapper",
        _V2 + "ContainerCredentialsProvider",
        ("container-role",),
        since={"v1": "1.12.746", "v2": "2.21.30"},
        trust="pods.eks.amazonaws.com",
        markers=("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    ),
    BaseKind.CONTAINER: BaseIdentity(
        _V1 + "EC2ContainerCredentialsProviderWrapper",
        _V2 + "ContainerCredentialsProvider",
        ("container-role",),
        trust="ecs-tasks.amazonaws.com",
        markers=("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ),
    BaseKind.INSTANCE_PROFILE: BaseIdentity(
        _V1 + "InstanceProfileCredentialsProvider",
        _V2 + "InstanceProfileCredentialsProvider",
        ("iam-role",),
        trust="ec2.amazonaws.com",
    ),
    # What the platform gives the process of a step or session: its default chain, then asserted against base.arn.
    BaseKind.EMR_RUNTIME_ROLE: BaseIdentity(
        _V1 + "DefaultAWSCredentialsProviderChain",
        _V2 + "DefaultCredentialsProvider",
        ("env", "assume-role-with-web-identity", "shared-credentials-file", "container-role", "iam-role"),
        # Of EMR Serverless. On EC2 the runtime role trusts the role of the instance profile, in Glue glue.amazonaws.com.
        # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/getting-started.html
        trust="emr-serverless.amazonaws.com",
        needs_arn=True,
    ),
    BaseKind.ENV: BaseIdentity(
        _V1 + "EnvironmentVariableCredentialsProvider",
        _V2 + "EnvironmentVariableCredentialsProvider",
        ("env",),
        markers=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ),
    BaseKind.PROFILE: BaseIdentity(
        _V1 + "profile.ProfileCredentialsProvider",
        _V2 + "ProfileCredentialsProvider",
        ("assume-role", "shared-credentials-file", "sso", "custom-process", "config-file"),
    ),
    # The user's own class stands in the plan; Python has no counterpart and refuses by name.
    BaseKind.CLASS: BaseIdentity(None, None, ()),
}


def row_of(kind: BaseKind) -> BaseIdentity:
    """Raises ModelError for a kind without a row."""
    if kind not in BASES:
        raise ModelError(f"no base identity is known under {kind}")
    return BASES[kind]
