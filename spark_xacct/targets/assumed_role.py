"""Flavour ``hadoop``: S3A's own AssumedRoleCredentialProvider, which needs no jar, makes one hop, and calls STS for each file system.

https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/assumed_roles.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, Role, session_name, sts_fields
from spark_xacct.targets.connectors import EMRFS, S3A_V1, S3A_V2, Connector
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import Setting

PROVIDER = "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider"
PROVIDERS: Mapping[str, str] = dict.fromkeys((S3A_V1.name, S3A_V2.name), PROVIDER)
STS_CALLS = (
    "STS: flavour hadoop assumes the role once for each bucket in each JVM, and again before each session ends; flavour shim once "
    "for the application"
)


def check(access_map: AccessMap, release: Release, run: str | None = None, user: str | None = None) -> None:
    """Raises TargetError with every field that Hadoop's own provider cannot carry on this release."""
    problems = list(dict.fromkeys(_problems(access_map, release, run, user)))
    if problems:
        raise TargetError("\n".join(problem + _way_out(release) for problem in problems))


def _way_out(release: Release) -> str:
    # Nobody knows which class loader of Glue would find our jar.
    return "" if release.family == "glue" else ", or take flavour shim"


def settings(
    access_map: AccessMap, release: Release, run: str | None = None, user: str | None = None
) -> Iterator[Setting]:
    """The settings of each declared bucket, for access maps that ``check`` lets through."""
    for connector in release.connectors:
        if connector.name not in PROVIDERS:
            continue
        base = str(access_map.base.sdk_class(connector.sdk))
        for binding in access_map.bindings:
            bucket = binding.bucket.text
            if binding.role is None:
                yield _of(connector, bucket, connector.bucket_provider_key, base, "base identity")
                continue
            reason = f"role {binding.role}, {binding.access}"
            yield _of(connector, bucket, connector.bucket_provider_key, PROVIDERS[connector.name], reason)
            role = access_map.role(binding.role)
            for rest, value in _assume_role(role, access_map, base, run, user):
                yield _of(connector, bucket, f"assumed.role.{rest}", value, reason)
        for own in access_map.own:
            if not own.is_pattern:
                yield _of(connector, own.text, connector.bucket_provider_key, base, "base identity (own)")


def _of(connector: Connector, bucket: str, rest: str, value: str, by: str) -> Setting:
    return Setting(connector.bucket_key(bucket, rest), value, f"bucket {bucket}: {by}, by Hadoop's own provider")


def _assume_role(
    role: Role, access_map: AccessMap, base: str, run: str | None, user: str | None
) -> Iterator[tuple[str, str]]:
    yield "arn", str(role.arn)
    yield "session.duration", f"{role.duration_seconds}s"
    name = _session_name(role, run, user)
    if name is not None:
        yield "session.name", name
    if role.external_id is not None:
        yield "external.id", str(role.external_id.literal)
    if role.policy is not None:
        yield "policy", role.policy
    yield "credentials.provider", base
    # Both or neither: https://issues.apache.org/jira/browse/HADOOP-15141
    yield "sts.endpoint", _sts_host(access_map)
    yield "sts.endpoint.region", access_map.sts.region


def _session_name(role: Role, run: str | None, user: str | None) -> str | None:
    """The name with its placeholders filled in, None where Hadoop shall take its own, the name of the user."""
    template = role.session_name
    if ("{run}" in template and run is None) or ("{user}" in template and user is None):
        return None
    return session_name.fill(template, run or "", user or "")


def _sts_host(access_map: AccessMap) -> str:
    sts = access_map.sts
    return f"sts.{sts.region}.{sts.dns_suffix}" if sts.endpoint is None else urlsplit(sts.endpoint).netloc


def _problems(access_map: AccessMap, release: Release, run: str | None, user: str | None) -> Iterator[str]:
    if EMRFS.name in [connector.name for connector in release.default_connectors]:
        newer = "glue-5.1" if release.family == "glue" else "emr-7.10.0"
        yield (
            f"flavour hadoop on {release.name}: s3:// is served by EMRFS, which does not know Hadoop's provider; take {newer} or "
            "later"
        )
    if access_map.needs_global_mode:
        yield (
            "otherwise: deny and patterns: flavour hadoop has a provider for named buckets only; declare otherwise: platform and "
            "name the buckets"
        )
    if access_map.python_default_role is not None:
        yield (
            "python.default_role: flavour hadoop has no plugin that gives plain boto3.client() a role; leave it out and name the "
            "role: xacct.client(service, role=...)"
        )
    if access_map.sts.endpoint is not None and not access_map.sts.endpoint.startswith("https://"):
        yield f"sts.endpoint {access_map.sts.endpoint}: Hadoop's provider calls STS by https only; leave it out"
    bound = {binding.role: access_map.chain(binding.role) for binding in access_map.bindings if binding.role}
    for name, chain in bound.items():
        if len(chain) > 1:
            hops = ", ".join(role.name for role in chain)
            yield (
                f"role {name}: via makes {len(chain)} hops ({hops}), and Hadoop's provider makes one; let the base identity assume "
                "the role itself"
            )
        yield from _fields(chain[-1], release, run, user)


def _fields(role: Role, release: Release, run: str | None, user: str | None) -> Iterator[str]:
    known = sts_fields()
    for field in role.set_fields():
        since = known[field]["hadoop"]
        where = f"role {role.name}: {field}"
        if since is None:
            yield f"{where}: Hadoop's provider cannot send {known[field]['sts']}; leave it out"
        elif release.hadoop < tuple(map(int, since.split("."))):
            yield (
                f"{where}: Hadoop's provider has it from {since} on, {release.name} has {release.hadoop_text}; leave it out"
            )
    if role.external_id is not None and role.external_id.literal is None:
        yield (
            f"role {role.name}: external_id is a reference ({role.external_id}), and Hadoop's provider takes the text itself; write "
            "it"
        )
    if role.session_name != session_name.DEFAULT_TEMPLATE and _session_name(role, run, user) is None:
        yield (
            f"role {role.name}: session_name {role.session_name} is filled in at run time, which Hadoop's provider cannot; write a "
            "name without {run} and {user}"
        )
