"""Connectors: what serves a scheme, and which of its keys carry what a binding says beside the role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from spark_xacct import keys
from spark_xacct.model import Binding, Sts


@dataclass(frozen=True)
class NativeKeys:
    """The connector's own keys for one field of a binding.

    ``render`` gives (what follows the bucket's prefix, value) pairs. ``since`` is the first Hadoop release that reads
    them; ``older`` gives those of the releases before, None where they have none. ``doubt`` is told to the reader beside the
    setting.
    """

    render: Callable[[Binding], tuple[tuple[str, str], ...]]
    since: tuple[int, int, int] = (0, 0, 0)
    doubt: str = ""
    older: Callable[[Binding], tuple[tuple[str, str], ...]] | None = None

    def on(self, hadoop: tuple[int, ...]) -> Callable[[Binding], tuple[tuple[str, str], ...]] | None:
        """What makes the pairs on this release of Hadoop, None where it reads none."""
        return self.render if hadoop >= self.since else self.older


@dataclass(frozen=True)
class Hook:
    """How a connector tells us what S3 refuses: a list of classes, and a switch that it needs on.

    ``classes`` and ``switch`` are what follows the connector's prefix; the switch is "" where it is on by itself. ``since``:
    the first Hadoop release that has it.
    """

    classes: str
    name: str
    switch: str = ""
    since: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Connector:
    """One row: the file system client behind a scheme.

    ``sdk`` is the key of the base identity's class in the plan. ``native`` maps a field of Binding to its keys; a field
    that is set and has no row is refused by name. ``unneeded`` fields are left out: the connector finds out by itself.
    ``cannot_send`` are fields of Role that its SDK has no parameter for. ``hook`` is None where there is none.
    """

    name: str
    title: str
    sdk: str
    provider: str
    provider_key: str
    prefix: str
    bucket_provider_key: str
    native: Mapping[str, NativeKeys] = field(default_factory=dict)
    unneeded: Mapping[str, str] = field(default_factory=dict)
    cannot_send: frozenset[str] = frozenset()
    hook: Hook | None = None

    @property
    def bucket_prefix(self) -> str:
        """What stands before the name of a bucket."""
        return f"{self.prefix}bucket."

    def bucket_key(self, bucket: str, rest: str) -> str:
        """The full name of a per-bucket key."""
        return f"{self.bucket_prefix}{bucket}.{rest}"

    def key(self, rest: str) -> str:
        """The full name of the same key for all buckets."""
        return self.prefix + rest


def camel_case(canned_acl: str) -> str:
    """``bucket-owner-full-control`` as S3A and EMRFS spell it: ``BucketOwnerFullControl``."""
    return "".join(word.capitalize() for word in canned_acl.split("-"))


def region_in(arn: str) -> str:
    """The region that an ARN names, "" where it names none."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 and parts[0] == "arn" else ""


def _host_of_s3(region: str) -> str:
    return f"s3.{region}.{Sts(region).dns_suffix}"


def _s3a_access_point(binding: Binding) -> tuple[tuple[str, str], ...]:
    arn = str(binding.access_point)
    # S3A on SDK v1 goes to the ARN's region only when no other region is set for all buckets.
    region = () if binding.region or not region_in(arn) else (("endpoint.region", region_in(arn)),)
    return (("accesspoint.arn", arn), *region)


# Hadoop 3.3.2 renamed server-side-encryption-algorithm to encryption.algorithm (HADOOP-17870).
_S3A_NATIVE: Mapping[str, NativeKeys] = {
    "region": NativeKeys(
        lambda binding: (("endpoint.region", str(binding.region)),),
        since=(3, 3, 1),
        older=lambda binding: (("endpoint", _host_of_s3(str(binding.region))),),
    ),
    "kms_write": NativeKeys(
        lambda binding: (("encryption.algorithm", "SSE-KMS"), ("encryption.key", str(binding.kms_write))),
        since=(3, 3, 2),
        older=lambda binding: (
            ("server-side-encryption-algorithm", "SSE-KMS"),
            ("server-side-encryption.key", str(binding.kms_write)),
        ),
    ),
    "acl": NativeKeys(lambda binding: (("acl.default", camel_case(str(binding.acl))),)),
    # HADOOP-14661.
    "requester_pays": NativeKeys(lambda binding: (("requester.pays.enabled", "true"),), since=(3, 3, 5)),
    # HADOOP-17198.
    "access_point": NativeKeys(_s3a_access_point, since=(3, 3, 2)),
}

# https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-s3a-migrate.html shows the per-bucket form for the KMS key;
# that the other three take it too is an assumption, and it is printed as one.
_UNVERIFIED = "AWS documents this key without the bucket only: check it on your release"
_EMRFS_NATIVE: Mapping[str, NativeKeys] = {
    "kms_write": NativeKeys(
        lambda binding: (
            ("enableServerSideEncryption", "true"),
            ("serverSideEncryption.kms.keyId", str(binding.kms_write)),
        ),
    ),
    "acl": NativeKeys(lambda binding: (("canned.acl", camel_case(str(binding.acl))),), doubt=_UNVERIFIED),
    "requester_pays": NativeKeys(lambda binding: (("useRequesterPaysHeader", "true"),), doubt=_UNVERIFIED),
}

S3A_V1 = Connector(
    name="s3a-v1",
    title="S3A on AWS SDK v1",
    sdk="v1",
    provider=keys.S3A_V1_PROVIDER,
    provider_key=keys.S3A_PROVIDER_KEY,
    prefix="fs.s3a.",
    bucket_provider_key="aws.credentials.provider",
    native=_S3A_NATIVE,
    # Off by default before Hadoop 3.4 (HADOOP-18094).
    # The handlers came with HADOOP-17511.
    hook=Hook("audit.request.handlers", keys.S3A_V1_HOOK, switch="audit.enabled", since=(3, 3, 2)),
)
S3A_V2 = replace(
    S3A_V1,
    name="s3a-v2",
    title="S3A on AWS SDK v2",
    sdk="v2",
    provider=keys.S3A_PROVIDER,
    hook=Hook("audit.execution.interceptors", keys.S3A_HOOK),
)
EMRFS = Connector(
    name="emrfs",
    title="EMRFS on AWS SDK v1",
    sdk="v1",
    provider=keys.EMRFS_PROVIDER,
    provider_key=keys.EMRFS_PROVIDER_KEY,
    prefix="fs.s3.",
    bucket_provider_key="customAWSCredentialsProvider",
    native=_EMRFS_NATIVE,
    unneeded={"region": "EMRFS asks S3 for the region of a bucket"},
)

_CONNECTORS: Mapping[str, Connector] = {connector.name: connector for connector in (S3A_V1, S3A_V2, EMRFS)}


def named(name: str) -> Connector:
    """The connector that tables call this. Raises KeyError, which is a mistake in a table."""
    return _CONNECTORS[name]
