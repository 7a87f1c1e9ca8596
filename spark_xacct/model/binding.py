"""Bindings: a bucket, prefix or pattern bound to a role with an access."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spark_xacct.errors import ModelError
from spark_xacct.model import limits

ACCESSES = ("read", "write", "readwrite")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
CANNED_ACLS = (
    "private",
    "public-read",
    "public-read-write",
    "aws-exec-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
)


@dataclass(frozen=True)
class Pattern:
    """A bucket name, in which ``*`` stands for any run of characters."""

    text: str

    def __post_init__(self) -> None:
        literal = self.text.replace("*", "")
        if not self.is_pattern:
            if not limits.BUCKET_NAME.match(self.text):
                raise ModelError(f'"{self.text}" is not a bucket name: 3 to 63 small letters, digits, dots and hyphens')
        elif not literal or not re.match(r"^[a-z0-9.-]+\Z", literal):
            raise ModelError(f'"{self.text}" is not a bucket pattern: small letters, digits, dots, hyphens and *')

    @property
    def is_pattern(self) -> bool:
        return "*" in self.text

    @property
    def literal_length(self) -> int:
        """Characters other than ``*``: the longer literal wins."""
        return len(self.text) - self.text.count("*")

    def matches(self, bucket: str) -> bool:
        if not self.is_pattern:
            return bucket == self.text
        return re.match("^" + ".*".join(map(re.escape, self.text.split("*"))) + r"\Z", bucket) is not None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Binding:
    """One bucket, prefix or pattern and the role that serves it; ``role`` None is the base identity.

    ``access`` feeds documents, session policies and tokens; it is no guard at run time. ``owner`` is the account that
    must own the bucket (12 digits).
    """

    bucket: Pattern
    role: str | None
    prefix: str = ""
    access: str = "read"
    owner: str | None = None
    region: str | None = None
    kms_write: str | None = None
    kms_read: tuple[str, ...] = ()
    acl: str | None = None
    requester_pays: bool = False
    access_point: str | None = None

    def __post_init__(self) -> None:
        if self.prefix and (not self.prefix.endswith("/") or self.prefix.startswith("/")):
            raise ModelError(f'prefix "{self.prefix}" must end at a "/" and not begin with one')
        if self.prefix and self.bucket.is_pattern:
            raise ModelError(f"a pattern cannot have prefixes; name the bucket {self.bucket}")
        if self.access not in ACCESSES:
            raise ModelError(f'access "{self.access}" is not one of read, write, readwrite')
        if self.owner is not None and not limits.ACCOUNT_ID.match(self.owner):
            raise ModelError(f'owner "{self.owner}" is not an account of 12 digits')
        if self.region is not None and not limits.REGION.match(self.region):
            raise ModelError(f'"{self.region}" is not a region')
        if self.acl is not None and self.acl not in CANNED_ACLS:
            raise ModelError('acl "{}" is not one of {}'.format(self.acl, ", ".join(CANNED_ACLS)))

    @property
    def key(self) -> str:
        """How plan, decisions and errors name this binding: bucket or pattern, with ``/prefix/`` when it has one."""
        return f"{self.bucket}/{self.prefix}" if self.prefix else self.bucket.text

    @property
    def reads(self) -> bool:
        return self.access in ("read", "readwrite")

    @property
    def writes(self) -> bool:
        return self.access in ("write", "readwrite")
