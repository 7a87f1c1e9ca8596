"""Expected bucket owner: a bucket that somebody else made anew under the same name is refused by S3 itself."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from spark_xacct.aws.failure import SessionFailed
from spark_xacct.model import AccessMap, Location

EVENT = "before-parameter-build.s3"

_COPY_SOURCE = re.compile(r"^/?([^/]+)/(.*)\Z", re.DOTALL)


class BucketOwners:
    """A handler of botocore: sets ExpectedBucketOwner (and the source's, for copies) where the caller did not.

    Also asks for the credentials, so that a failure names the bucket that was wanted.
    """

    def __init__(self, access_map: AccessMap, credentials: Any) -> None:
        self._map = access_map
        self._credentials = credentials
        self._owners = {binding.key: binding.owner for binding in access_map.bindings}

    def __call__(self, **event: Any) -> None:
        params: MutableMapping[str, Any] = event["params"]
        bucket = params.get("Bucket")
        if not isinstance(bucket, str):
            return
        try:
            self._credentials.get_frozen_credentials()
        except SessionFailed as failed:
            raise failed.read_as(f"bucket {bucket}") from None
        # A header that a pre-signed URL was signed with must be sent by whoever uses the URL, who does not know of it.
        if (event.get("context") or {}).get("is_presign_request"):
            return
        members = event["model"].input_shape.members
        if "ExpectedBucketOwner" in members:
            self._set(params, "ExpectedBucketOwner", bucket, str(params.get("Key") or params.get("Prefix") or ""))
        if "ExpectedSourceBucketOwner" in members:
            source = _source(params.get("CopySource"))
            if source is not None:
                self._set(params, "ExpectedSourceBucketOwner", *source)

    def _set(self, params: MutableMapping[str, Any], name: str, bucket: str, key: str) -> None:
        owner = self.owner_of(bucket, key)
        if owner is not None:
            params.setdefault(name, owner)

    def owner_of(self, bucket: str, key: str = "") -> str | None:
        """The account that must own ``bucket``; None for what the plan does not name."""
        decision = self._map.decide(Location("s3", bucket, key))
        return self._owners.get(decision.binding) if decision.binding is not None else None


def _source(copy_source: Any) -> tuple[str, str] | None:
    if isinstance(copy_source, dict):
        return str(copy_source.get("Bucket", "")), str(copy_source.get("Key", ""))
    found = _COPY_SOURCE.match(copy_source) if isinstance(copy_source, str) else None
    return (found.group(1), found.group(2)) if found else None
