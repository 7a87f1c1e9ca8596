"""The base identity and STS: where every chain begins."""

from __future__ import annotations

from dataclasses import dataclass

from spark_xacct.errors import ModelError
from spark_xacct.model import limits
from spark_xacct.model.arn import Arn
from spark_xacct.model.bases import BaseKind, row_of


@dataclass(frozen=True)
class Base:
    """The base identity. ``arn`` is who that must be: asserted wherever STS is called."""

    kind: BaseKind
    arn: Arn | None = None
    profile: str | None = None
    class_name: str | None = None

    def __post_init__(self) -> None:
        if (self.kind is BaseKind.PROFILE) != (self.profile is not None):
            raise ModelError("base kind profile needs profile: NAME, and no other kind takes it")
        if (self.kind is BaseKind.CLASS) != (self.class_name is not None):
            raise ModelError("base kind class needs class: a.b.C, and no other kind takes it")

    @property
    def provider_classes(self) -> dict[str, str | None]:
        """The JVM's class for each SDK, "v1" and "v2"; None where that SDK cannot serve this base."""
        if self.kind is BaseKind.CLASS:
            return {"v1": self.class_name, "v2": self.class_name}
        row = row_of(self.kind)
        return {"v1": row.v1, "v2": row.v2}

    @property
    def is_user(self) -> bool:
        """Whether the base identity is known to be an IAM user: only then may the first hop last more than an hour."""
        return self.arn is not None and self.arn.is_user


@dataclass(frozen=True)
class Sts:
    """Where STS is asked: always regional. ``endpoint`` is a URL, for a VPC endpoint or a lab."""

    region: str
    endpoint: str | None = None

    def __post_init__(self) -> None:
        if not limits.REGION.match(self.region):
            raise ModelError(f'"{self.region}" is not a region')
        if self.endpoint is not None and not self.endpoint.startswith(("https://", "http://")):
            raise ModelError(f'the STS endpoint "{self.endpoint}" is not a URL; write https://HOST')
