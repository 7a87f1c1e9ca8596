"""Keys of single buckets, taken apart: which bucket, which key. A bucket's name may hold dots, so known keys are cut off its end."""

from __future__ import annotations

from collections.abc import Mapping

from spark_xacct.importing.draft import Draft
from spark_xacct.importing.values import Value, Values
from spark_xacct.model import limits
from spark_xacct.targets.connectors import EMRFS, S3A_V2

ASSUMED = "assumed.role."
_S3A_KEYS = (
    S3A_V2.bucket_provider_key,
    "endpoint.region", "endpoint", "accesspoint.arn", "requester.pays.enabled", "acl.default",
    "encryption.algorithm", "encryption.key", "server-side-encryption-algorithm", "server-side-encryption.key",
    "access.key", "secret.key", "session.token", "delegation.token.binding",
    *(ASSUMED + rest for rest in (
        "arn", "session.name", "session.duration", "external.id", "policy", "credentials.provider", "sts.endpoint", "sts.endpoint.region"
    )),
)  # fmt: skip
_EMRFS_KEYS = (
    EMRFS.bucket_provider_key, "enableServerSideEncryption", "serverSideEncryption.kms.keyId", "cse.kms.keyId", "canned.acl",
    "useRequesterPaysHeader", "endpoint",
)  # fmt: skip
# The longest first: "assumed.role.sts.endpoint" ends in "endpoint" too.
_KEYS: Mapping[str, tuple[str, ...]] = {
    S3A_V2.bucket_prefix: tuple(sorted(_S3A_KEYS, key=len, reverse=True)),
    EMRFS.bucket_prefix: tuple(sorted(_EMRFS_KEYS, key=len, reverse=True)),
}


class BucketKeys:
    """What the settings of one connector say for one bucket, and for all where it says nothing itself."""

    def __init__(self, values: Values, prefix: str) -> None:
        self._values, self._prefix = values, prefix
        self._all = prefix.removesuffix("bucket.")

    def own(self, bucket: str, key: str) -> str | None:
        """What stands there for this bucket alone."""
        return self._values.text(f"{self._prefix}{bucket}.{key}")

    def get(self, bucket: str | None, key: str) -> str | None:
        """What counts for this bucket; for None what counts for all."""
        own = self.own(bucket, key) if bucket is not None else None
        return own or self._values.text(self._all + key)

    def name(self, bucket: str | None, key: str) -> str:
        """The full name of the key that counts, and where it stands."""
        own = f"{self._prefix}{bucket}.{key}"
        return self._values.at(own if bucket is not None and own in self._values.hadoop else self._all + key)


def buckets(values: Values, draft: Draft) -> list[str]:
    """Every bucket that some key names, in the order of the alphabet."""
    found = {bucket for name, value in values.hadoop.items() for bucket in [_bucket(name, value, draft)] if bucket}
    return sorted(found)


def _bucket(name: str, value: Value, draft: Draft) -> str | None:
    for prefix, keys in _KEYS.items():
        if not name.startswith(prefix):
            continue
        rest = name[len(prefix) :]
        key = next((key for key in keys if rest.endswith("." + key)), None)
        if key is None:
            return None
        bucket = rest.removesuffix("." + key)
        if limits.BUCKET_NAME.match(bucket):
            return bucket
        draft.leave(
            f"{value.at}: {name}: {bucket} is not a name that a bucket can have today; nothing was carried of it"
        )
    return None
