"""The base identity and STS: where every chain begins."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import urlsplit

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

    def sdk_class(self, sdk: str) -> str | None:
        """The SDK's own class for this base, for a JVM without our jar; ``sdk`` is "v1" or "v2"."""
        own = {} if self.kind is BaseKind.CLASS else row_of(self.kind).sdk_own
        return own.get(sdk, self.provider_classes[sdk])

    @property
    def is_user(self) -> bool:
        """Whether the base identity is known to be an IAM user: only then may the first hop last more than an hour."""
        return self.arn is not None and self.arn.is_user


# DNS suffixes of partitions by the beginning of their regions' names; the JVM has the same table.
_DNS_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
    "eusc-": "amazonaws.eu",
}


@dataclass(frozen=True)
class Sts:
    """Where STS is asked: always regional. ``endpoint`` is a URL, for a VPC endpoint or a lab."""

    region: str
    endpoint: str | None = None

    @property
    def dns_suffix(self) -> str:
        """The suffix of AWS's host names in the region's partition."""
        return next((s for prefix, s in _DNS_SUFFIXES.items() if self.region.startswith(prefix)), "amazonaws.com")

    def __post_init__(self) -> None:
        if not limits.REGION.match(self.region):
            raise ModelError(f'"{self.region}" is not a region')
        problem = None if self.endpoint is None else problem_with_address(self.endpoint)
        if problem is not None:
            raise ModelError(f"{problem}; write https://HOST")


def problem_with_address(address: str) -> str | None:
    """Why STS cannot be asked at a URL, or None."""
    not_valid = f'the address of STS "{address}" is not valid'
    if not _has_scheme_and_host(address):
        return f"{not_valid}: it needs the form https://HOST"
    try:
        port = urlsplit(address).port
    except ValueError:
        port = 0
    return f"{not_valid}: its port is not among 1 to 65535" if port == 0 else None


def _has_scheme_and_host(address: str) -> bool:
    # urlsplit leaves line ends and blanks at the ends out.
    if any(character <= " " for character in address):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if ":" in host:
            IPv6Address(host)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and (":" in host or limits.HOST_NAME.match(host) is not None)
