"""Locations: what a user asks about or opens."""

from __future__ import annotations

from dataclasses import dataclass

from spark_xacct.errors import ModelError

SCHEMES = ("s3", "s3a", "s3n")


@dataclass(frozen=True)
class Location:
    """One place in S3. ``key`` has no leading slash and may be empty, which means the bucket itself."""

    scheme: str
    bucket: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> Location:
        """Reads ``s3://``, ``s3a://`` or ``s3n://`` + bucket + optional key. Raises ModelError otherwise."""
        scheme, separator, rest = text.partition("://")
        if not separator or scheme.lower() not in SCHEMES:
            raise ModelError(f'"{text}" is not an S3 location; write s3a://BUCKET/KEY (or s3://, s3n://)')
        bucket, _, key = rest.partition("/")
        if not bucket:
            raise ModelError(f'"{text}" names no bucket; write {scheme}://BUCKET/KEY')
        if "@" in bucket:
            raise ModelError(f'"{text}" has a user name before the bucket; roles are declared, not written in URIs')
        return cls(scheme.lower(), bucket, key)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"
