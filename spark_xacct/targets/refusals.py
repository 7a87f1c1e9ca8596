"""What a release's connectors cannot carry, refused by name before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterator

from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, BaseKind, Binding
from spark_xacct.model.bases import row_of
from spark_xacct.targets import releases
from spark_xacct.targets.connectors import EMRFS, Connector, region_in
from spark_xacct.targets.releases import Release

# The fields of a binding that connectors have keys of their own for.
NATIVE_FIELDS = ("region", "kms_write", "acl", "requester_pays", "access_point")


def check_carried(access_map: AccessMap, release: Release, only_s3a: bool = False) -> None:
    """Raises TargetError with every reason why this release cannot carry the access map.

    ``only_s3a``: whether the providers are Hadoop's own, which EMRFS does not take and our rules do not bind.
    """
    problems = list(dict.fromkeys(_problems(access_map, release, only_s3a)))
    if problems:
        raise TargetError("\n".join(problems))


def _problems(access_map: AccessMap, release: Release, only_s3a: bool) -> Iterator[str]:
    for binding in access_map.bindings:
        if binding.prefix:
            yield (
                f"prefix {binding.prefix} of bucket {binding.bucket}: no connector carries prefixes yet; bind the whole "
                "bucket to one role, or use Python's boto3_session(role=...) for the prefix"
            )
    for connector in release.default_connectors:
        if not only_s3a:
            yield from _base(access_map, release, connector)
            yield from _roles(access_map, release, connector)
            yield from _bucket_keys(access_map, release, connector)
        elif connector is EMRFS:
            continue
        for binding in access_map.bindings:
            yield from _native(binding, release, connector)
    for binding in access_map.bindings:
        region = region_in(binding.access_point or "")
        if binding.region and region and region != binding.region:
            yield (
                f"bucket {binding.bucket}: region {binding.region} and the access point's region {region} contradict; "
                "leave out region"
            )
    if access_map.python_default_role and not release.has_plugins and not only_s3a:
        spark = ".".join(map(str, release.spark))
        yield (
            f"python.default_role: Spark {spark} of {release.name} has no plugins, so plain boto3.client() in workers stays the base "
            "identity; leave it out and name the role: xacct.client(service, role=...)"
        )
    yield from _dotted(access_map)


def _base(access_map: AccessMap, release: Release, connector: Connector) -> Iterator[str]:
    kind = access_map.base.kind
    if kind is BaseKind.CLASS:
        return
    needed, there = row_of(kind).since.get(connector.sdk), (release.sdk or {}).get(connector.sdk)
    if needed and there and _version(there) < _version(needed):
        yield (
            f"base {kind}: {connector.title} on {release.name} has AWS SDK {connector.sdk} {there}, which cannot use it before "
            f"{needed}; take a newer release, or another base (irsa works on both SDKs)"
        )


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _bucket_keys(access_map: AccessMap, release: Release, connector: Connector) -> Iterator[str]:
    if connector.name in release.global_only and not access_map.needs_global_mode:
        key = connector.bucket_key("BUCKET", connector.bucket_provider_key)
        yield (
            f"otherwise: platform on {release.name}: {connector.title} is not known to read {key} before "
            f"{releases.per_bucket_since(connector.name)}; declare otherwise: deny with the platform's own buckets under own, which "
            f"sets {connector.provider_key}"
        )


def _roles(access_map: AccessMap, release: Release, connector: Connector) -> Iterator[str]:
    for name, role in access_map.roles.items():
        for field in role.set_fields():
            if field in connector.cannot_send:
                yield f"role {name}: {connector.title} on {release.name} cannot send {field}; leave it out, or take a newer release"


def _native(binding: Binding, release: Release, connector: Connector) -> Iterator[str]:
    for field in NATIVE_FIELDS:
        if not getattr(binding, field) or field in connector.unneeded:
            continue
        where = f"bucket {binding.bucket}: {field}"
        native = connector.native.get(field)
        if native is None:
            yield f"{where}: {connector.title} on {release.name} has no key for it; leave it out, or use a release with S3A for s3://"
        elif native.on(release.hadoop) is None:
            since = ".".join(map(str, native.since))
            yield f"{where}: {connector.title} has it from Hadoop {since} on, {release.name} has {release.hadoop_text}; leave it out, or take a newer release"
        elif binding.bucket.is_pattern:
            yield f"{where}: per-bucket keys cannot hold a pattern; name the buckets that need it"


def _dotted(access_map: AccessMap) -> Iterator[str]:
    """``fs.s3a.bucket.a.b.x`` is read for bucket a.b, and as the key ``b.x`` of bucket a."""
    if access_map.needs_global_mode and not any(map(_has_native, access_map.bindings)):
        return
    names = {binding.bucket.text for binding in access_map.bindings if not binding.bucket.is_pattern}
    names.update(own.text for own in access_map.own if not own.is_pattern)
    for name in sorted(names):
        parts = name.split(".")
        for length in range(1, len(parts)):
            shorter = ".".join(parts[:length])
            if shorter in names:
                yield (
                    f"bucket {name}: its per-bucket keys are read for bucket {shorter} as well, and both are declared; "
                    "declare one of them only"
                )


def _has_native(binding: Binding) -> bool:
    return any(getattr(binding, field) for field in NATIVE_FIELDS)
