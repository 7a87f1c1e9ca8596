"""What a release's connectors cannot carry, refused by name before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterator

from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, Binding
from spark_xacct.targets.connectors import Connector, region_in
from spark_xacct.targets.releases import Release

# The fields of a binding that connectors have keys of their own for.
NATIVE_FIELDS = ("region", "kms_write", "acl", "requester_pays", "access_point")


def check_carried(access_map: AccessMap, release: Release) -> None:
    """Raises TargetError with every reason why this release cannot carry the access map."""
    problems = list(dict.fromkeys(_problems(access_map, release)))
    if problems:
        raise TargetError("\n".join(problems))


def _problems(access_map: AccessMap, release: Release) -> Iterator[str]:
    for binding in access_map.bindings:
        if binding.prefix:
            yield (
                f"prefix {binding.prefix} of bucket {binding.bucket}: no connector carries prefixes yet; bind the whole "
                "bucket to one role, or use Python's boto3_session(role=...) for the prefix"
            )
    for connector in release.default_connectors:
        yield from _base(access_map, release, connector)
        yield from _roles(access_map, release, connector)
        for binding in access_map.bindings:
            yield from _native(binding, release, connector)
    for binding in access_map.bindings:
        region = region_in(binding.access_point or "")
        if binding.region and region and region != binding.region:
            yield (
                f"bucket {binding.bucket}: region {binding.region} and the access point's region {region} contradict; "
                "leave out region"
            )
    yield from _dotted(access_map)


def _base(access_map: AccessMap, release: Release, connector: Connector) -> Iterator[str]:
    kind = access_map.base.kind
    if access_map.base.provider_classes[connector.sdk] is None:
        yield (
            f"base {kind}: AWS SDK {connector.sdk} of {connector.title} cannot use it on {release.name}; "
            "take a release whose S3A has SDK v2 (spark-4), or another base (irsa works on both)"
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
        elif release.hadoop < native.since:
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
