"""What a bucket needs besides its role: the keys of EMRFS and S3A for region, KMS, ACL, requester pays and access points."""

from __future__ import annotations

import re

from spark_xacct.errors import ModelError
from spark_xacct.importing.bucket_keys import BucketKeys
from spark_xacct.importing.draft import Draft, DraftBucket, holds_variable
from spark_xacct.model import Arn, limits
from spark_xacct.model.binding import CANNED_ACLS
from spark_xacct.targets.connectors import camel_case, region_in

_ACLS = {camel_case(acl): acl for acl in CANNED_ACLS}
REGION_OF_HOST = re.compile(r"(?:^|[./-])(?:sts|s3)[.-](?:dualstack\.)?([a-z]{2,}(?:-[a-z]+)+-[0-9]+)\.")
_AWS_HOST = re.compile(r"\.amazonaws\.(?:com(?:\.cn)?|eu)(?::443)?/?\Z")


class NativeKeys:
    """Reads them for one bucket after the other."""

    def __init__(self, draft: Draft, s3a: BucketKeys, emrfs: BucketKeys) -> None:
        self._draft, self._s3a, self._emrfs = draft, s3a, emrfs

    def read(self, name: str, bucket: DraftBucket) -> None:
        """Fills one bucket of the draft."""
        bucket.region = self._region(name)
        bucket.kms_write = self._kms(name)
        bucket.acl = self._acl(name)
        pays = self._s3a.own(name, "requester.pays.enabled") or self._emrfs.own(name, "useRequesterPaysHeader")
        bucket.requester_pays = (pays or "").lower() == "true"
        bucket.access_point = self._access_point(name)
        if bucket.kms_write or bucket.acl:
            bucket.access = "readwrite"
        for key in ("secret.key", "session.token"):
            if self._s3a.own(name, key):
                self._draft.leave(
                    f"{self._s3a.name(name, key)}: keys in settings are not carried; the declaration names a base identity"
                )

    def _region(self, name: str) -> str | None:
        named = self._s3a.own(name, "endpoint.region")
        if named is not None:
            if limits.REGION.match(named):
                return named
            self._draft.leave(
                f'{self._s3a.name(name, "endpoint.region")}: "{named}" is not a region; nothing was carried of it'
            )
            return None
        for keys in (self._s3a, self._emrfs):
            endpoint = keys.own(name, "endpoint")
            if endpoint is None:
                continue
            found = REGION_OF_HOST.search(endpoint)
            if found and _AWS_HOST.search(endpoint):
                return found.group(1)
            self._draft.leave(
                f"{keys.name(name, 'endpoint')}: a bucket of a declaration has a region and no endpoint; it stays in your settings"
            )
        return None

    def _kms(self, name: str) -> str | None:
        for keys, names in (
            (self._s3a, ("encryption.key", "server-side-encryption.key")),
            (self._emrfs, ("serverSideEncryption.kms.keyId",)),
        ):
            for key in names:
                value = keys.own(name, key)
                if value is None:
                    continue
                if _is_kms_key(value):
                    return value
                # A key of SSE-C would be a secret.
                self._draft.leave(
                    f"{keys.name(name, key)}: its value is not the ARN of a KMS key, which kms.write needs; write the ARN"
                )
        if self._emrfs.own(name, "cse.kms.keyId"):
            self._draft.leave(
                f"{self._emrfs.name(name, 'cse.kms.keyId')}: encryption by the client stays in your settings"
            )
        return None

    def _acl(self, name: str) -> str | None:
        for keys, key in ((self._s3a, "acl.default"), (self._emrfs, "canned.acl")):
            value = keys.own(name, key)
            if value is None:
                continue
            if value in _ACLS or value in CANNED_ACLS:
                return _ACLS.get(value, value)
            self._draft.leave(f'{keys.name(name, key)}: "{value}" is no canned ACL; nothing was carried of it')
        return None

    def _access_point(self, name: str) -> str | None:
        value = self._s3a.own(name, "accesspoint.arn")
        if value is None:
            return None
        try:
            arn = Arn.parse(value)
        except ModelError:
            arn = None
        if arn is not None and arn.service == "s3" and arn.resource.startswith("accesspoint"):
            return value
        self._draft.leave(
            f'{self._s3a.name(name, "accesspoint.arn")}: "{value}" is not the ARN of an access point; nothing was carried of it'
        )
        return None


def _is_kms_key(text: str) -> bool:
    return region_in(text) != "" and text.split(":")[2] == "kms" and not holds_variable(text) and _is_arn(text)


def _is_arn(text: str) -> bool:
    try:
        Arn.parse(text)
    except ModelError:
        return False
    return True
