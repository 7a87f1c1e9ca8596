"""Credentials providers as people's settings name them, and what each stands for in a declaration."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from spark_xacct.model import BaseKind
from spark_xacct.model.bases import BASES


class Meaning(Enum):
    """What a provider class does."""

    ASSUMED_ROLE = "Hadoop's own, which assumes the role of fs.s3a.assumed.role.arn"
    VARIABLE_ROLE = "EMR's, which assumes the role of one variable"
    MAPPED_ROLE = "EMR Serverless's, which assumes a role for each bucket"
    BASE = "a base identity"
    KEYS = "keys in settings"
    ANONYMOUS = "nobody"
    OURS = "ours"
    UNKNOWN = "a class of somebody's own"


_S3A = "org.apache.hadoop.fs.s3a."
_SERVERLESS = "com.amazonaws.emr.serverless.credentialsprovider."
_MEANINGS: Mapping[str, Meaning] = {
    f"{_S3A}auth.AssumedRoleCredentialProvider": Meaning.ASSUMED_ROLE,
    # https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/security-cross-account.html
    "com.amazonaws.emr.AssumeRoleAWSCredentialsProvider": Meaning.VARIABLE_ROLE,
    # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-s3-access.html names both beside the mapping.
    f"{_SERVERLESS}BucketLevelAssumeRoleCredentialsProvider": Meaning.MAPPED_ROLE,
    f"{_SERVERLESS}AssumeRoleAWSCredentialsProvider": Meaning.MAPPED_ROLE,
    f"{_S3A}SimpleAWSCredentialsProvider": Meaning.KEYS,
    f"{_S3A}TemporaryAWSCredentialsProvider": Meaning.KEYS,
    f"{_S3A}AnonymousAWSCredentialsProvider": Meaning.ANONYMOUS,
    "com.amazonaws.auth.AnonymousAWSCredentials": Meaning.ANONYMOUS,
    "software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider": Meaning.ANONYMOUS,
}
_KINDS: Mapping[str, BaseKind] = {
    name: kind
    # What Pod Identity shares with containers is a container's, unless the platform says better.
    for kind, row in sorted(BASES.items(), key=lambda item: item[0] is not BaseKind.POD_IDENTITY)
    for name in (row.v1, row.v2, *row.sdk_own.values())
    if name is not None
} | {
    f"{_S3A}auth.IAMInstanceCredentialsProvider": BaseKind.INSTANCE_PROFILE,
    # An empty builder of SDK v1's, as old settings write it.
    "com.amazonaws.auth.profile.ProfileCredentialsProvider": BaseKind.PROFILE,
}


def meaning(name: str) -> Meaning:
    """What the class of this name does."""
    if name in _KINDS:
        return Meaning.BASE
    if name.startswith("io.sparkxacct."):
        return Meaning.OURS
    return _MEANINGS.get(name, Meaning.UNKNOWN)


def base_kind(name: str) -> BaseKind:
    """The base identity that a class of Meaning.BASE serves."""
    return _KINDS[name]


def listed(value: str | None) -> list[str]:
    """The classes of a provider setting, in order."""
    return [name.strip() for name in (value or "").replace("\n", ",").split(",") if name.strip()]
