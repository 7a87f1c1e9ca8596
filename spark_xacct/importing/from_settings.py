"""Settings of EMRFS and S3A, for all buckets and for single ones, as roles and buckets of a declaration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spark_xacct.errors import ModelError
from spark_xacct.importing import bucket_keys, providers
from spark_xacct.importing.bucket_keys import ASSUMED, BucketKeys
from spark_xacct.importing.draft import (
    BASE,
    Draft,
    DraftBase,
    DraftBucket,
    DraftRole,
    holds_variable,
    is_external_id,
    role_arn_problem,
)
from spark_xacct.importing.native_keys import REGION_OF_HOST, NativeKeys
from spark_xacct.importing.platforms import Platform
from spark_xacct.importing.providers import Meaning
from spark_xacct.importing.values import Values
from spark_xacct.model import BaseKind, Sts, limits
from spark_xacct.model.bases import row_of
from spark_xacct.targets import legacy
from spark_xacct.targets.connectors import EMRFS, S3A_V2

MAPPING = "fs.s3.bucketLevelAssumeRoleMapping"
_DURATION = re.compile(r"([0-9]{1,9})\s*(s|m|h|d)?\Z")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}

# What decides identities in a way that no declaration can say, by the beginning of its name.
_OTHER = {
    "fs.s3.authorization.roleMapping": "role mappings are read from the security configuration; name its JSON beside this file",
    "fs.s3a.authorization.roleMapping": "role mappings are read from the security configuration; name its JSON beside this file",
    "fs.s3.credentialsResolverClass": "a class of your own resolves credentials; declare by hand what it does",
    "fs.s3a.credentials.resolver": "a class of your own resolves credentials; declare by hand what it does",
    "fs.s3.s3AccessGrants.enabled": "S3 Access Grants give credentials by grant and not by role; keep one of the two for a bucket",
    "fs.s3a.access.grants.enabled": "S3 Access Grants give credentials by grant and not by role; keep one of the two for a bucket",
    "fs.s3a.delegation.token.binding": "delegation tokens stand in place of providers; take the key out before you start",
    "hadoop.security.credential.provider.path": "keys in credential files are not carried; the declaration names a base identity",
    "fs.s3a.security.credential.provider.path": "keys in credential files are not carried; the declaration names a base identity",
}
_STAYS = "it is for every bucket and stays in your settings, beside what is rendered"
_FOR_ALL = (
    "fs.s3.canned.acl", "fs.s3a.acl.default", "fs.s3.useRequesterPaysHeader", "fs.s3a.requester.pays.enabled",
    "fs.s3.serverSideEncryption.kms.keyId", "fs.s3a.encryption.key", "fs.s3a.server-side-encryption.key",
)  # fmt: skip


@dataclass(frozen=True)
class _Served:
    """Who serves a bucket by one connector: a role, the base identity, or somebody must say."""

    role: DraftRole | None = None
    undecided: str = ""


def into(draft: Draft, values: Values, platform: Platform | None) -> None:
    """Fills the draft with what the settings say, and its ``left`` with what they say besides."""
    _Reader(draft, values, platform).read()


class _Reader:
    def __init__(self, draft: Draft, values: Values, platform: Platform | None) -> None:
        self._draft, self._values, self._platform = draft, values, platform
        self._s3a, self._emrfs = BucketKeys(values, S3A_V2.bucket_prefix), BucketKeys(values, EMRFS.bucket_prefix)
        self._native = NativeKeys(draft, self._s3a, self._emrfs)
        self._mapping = dict(self._mapped())
        self._bases: dict[BaseKind, str] = {}

    def read(self) -> None:
        names = sorted({*bucket_keys.buckets(self._values, self._draft), *self._mapping})
        for name in names:
            self._read_bucket(name)
        self._read_roles_of_all(names)
        self._read_sts()
        self._read_base()
        for line in self._of_all_buckets():
            self._draft.leave(line)

    # Buckets

    def _read_bucket(self, name: str) -> None:
        by_s3a, by_emrfs = self._served_by_s3a(name), self._served_by_emrfs(name)
        roles = [served.role for served in (by_s3a, by_emrfs) if served and served.role]
        if len(roles) == 2 and roles[0] != roles[1]:
            self._draft.leave(
                f"bucket {name}: s3a:// is read as {roles[0].arn} and s3:// as {roles[1].arn}; a bucket has one role, the first was "
                "written"
            )
        undecided = next((served.undecided for served in (by_s3a, by_emrfs) if served and served.undecided), "")
        if not roles and undecided:
            self._draft.undecided[name] = undecided
            return
        bucket = DraftBucket(self._draft.role_named(roles[0]) if roles else BASE)
        self._native.read(name, bucket)
        self._draft.buckets[name] = bucket

    def _served_by_s3a(self, name: str | None) -> _Served | None:
        key = self._s3a.name(name, S3A_V2.bucket_provider_key)
        listed = providers.listed(self._s3a.get(name, S3A_V2.bucket_provider_key))
        if (
            name is not None
            and self._s3a.own(name, ASSUMED + "arn")
            and Meaning.ASSUMED_ROLE not in map(providers.meaning, listed)
        ):
            self._draft.leave(
                f"{self._s3a.name(name, ASSUMED + 'arn')}: nothing assumes it, since the bucket's provider is "
                f"{', '.join(listed) or 'the default'}; declare it by hand where it was meant"
            )
        return self._served(name, key, listed)

    def _served_by_emrfs(self, name: str | None) -> _Served | None:
        if name in self._mapping and not (name and self._emrfs.own(name, EMRFS.bucket_provider_key)):
            return _Served(self._mapping[name])
        key = self._emrfs.name(name, EMRFS.bucket_provider_key)
        listed = providers.listed(self._emrfs.get(name, EMRFS.bucket_provider_key))
        return self._served(name, key, listed)

    def _served(self, name: str | None, key: str, listed: list[str]) -> _Served | None:
        """What a list of providers makes of a bucket; None where there is none, or where it leaves the bucket to others."""
        if not listed:
            return None
        meanings = [providers.meaning(one) for one in listed]
        first = next((at for at, one in enumerate(meanings) if one is Meaning.ASSUMED_ROLE), 0)
        if len(listed) > 1 and meanings[first] in (Meaning.ASSUMED_ROLE, Meaning.VARIABLE_ROLE):
            self._draft.leave(
                f"{key}: the list goes on to other identities ({', '.join(one for at, one in enumerate(listed) if at != first)}); a "
                "declared bucket is reached under its role or not at all"
            )
        return self._served_by_one(name, key, listed[first], meanings[first])

    def _served_by_one(self, name: str | None, key: str, provider: str, meaning: Meaning) -> _Served | None:
        if meaning is Meaning.ASSUMED_ROLE:
            return self._assumed(name, key)
        if meaning is Meaning.VARIABLE_ROLE:
            return self._of_variable(key)
        if meaning is Meaning.BASE:
            self._bases.setdefault(providers.base_kind(provider), key)
            return _Served()
        if meaning is Meaning.MAPPED_ROLE:
            if not self._mapping:
                self._draft.leave(f"{key}: {MAPPING} is missing, so it assumes nothing")
            return _Served()
        says = {
            Meaning.KEYS: "keys in settings are not carried; name the role that stands behind them",
            Meaning.ANONYMOUS: "it is read as nobody (a public bucket), which no declaration says; leave it to your settings",
            Meaning.OURS: f"{provider} is ours, and no plan stands beside it; name the file that has fs.xacct.plan",
        }.get(
            meaning, f"{provider} is a class of your own; what it does stands in its code, so declare the role by hand"
        )
        self._draft.leave(f"{key}: {says}")
        return _Served(undecided=f"{provider} decided it")

    # Roles

    def _assumed(self, name: str | None, key: str) -> _Served:
        arn = self._s3a.get(name, ASSUMED + "arn")
        if arn is None:
            self._draft.leave(f"{key}: fs.s3a.{ASSUMED}arn is missing, so it assumes nothing")
            return _Served(undecided="no role was set")
        if not self._is_role(arn, self._s3a.name(name, ASSUMED + "arn")):
            return _Served(undecided="its role is not an ARN")
        for provider in providers.listed(self._s3a.get(name, ASSUMED + "credentials.provider")):
            self._read_provider_of_roles(provider, self._s3a.name(name, ASSUMED + "credentials.provider"))
        return _Served(
            DraftRole(
                arn,
                seconds=self._seconds(name),
                session_name=self._fitting(name, "session.name", limits.SESSION_NAME.match),
                external_id=self._fitting(name, "external.id", is_external_id),
                policy=self._fitting(name, "policy", _is_policy),
            )
        )

    def _of_variable(self, key: str) -> _Served:
        variable = legacy.ASSUME_ROLE_VARIABLE
        executor, driver = self._values.executor.get(variable), self._values.driver.get(variable)
        value = executor or driver
        if value is None:
            self._draft.leave(
                f"{key}: {variable} is set nowhere in these files, so its role is not known; declare it by hand"
            )
            return _Served(undecided=f"the role in {variable}")
        if executor and driver and executor.text != driver.text:
            self._draft.leave(
                f"{value.at}: {variable}: driver and executors have different roles; that of the executors was written"
            )
        if not self._is_role(value.text.strip(), f"{value.at}: {variable}"):
            return _Served(undecided="its role is not an ARN")
        return _Served(DraftRole(value.text.strip()))

    def _mapped(self) -> Iterator[tuple[str, DraftRole]]:
        for entry in (self._values.text(MAPPING) or "").split(";"):
            bucket, arrow, arn = (part.strip() for part in entry.partition("->"))
            if not entry.strip():
                continue
            if not arrow or not limits.BUCKET_NAME.match(bucket):
                self._draft.leave(f'{self._values.at(MAPPING)}: "{entry.strip()}" is not of the form BUCKET->ARN')
            elif self._is_role(arn, self._values.at(MAPPING)):
                yield bucket, DraftRole(arn)

    def _read_roles_of_all(self, names: list[str]) -> None:
        """A role for every bucket: no declaration says that, so a person must name them."""
        for served, key in (
            (self._served_by_s3a(None), self._s3a.name(None, S3A_V2.bucket_provider_key)),
            (self._served_by_emrfs(None), self._emrfs.name(None, EMRFS.bucket_provider_key)),
        ):
            if served is None or served.role is None:
                continue
            role = self._draft.role_named(served.role)
            besides = " besides those that are written" if names else ""
            self._draft.leave(
                f"{key}: every bucket was reached as {served.role.arn}{besides}; name under buckets those that need {role}, the others stay "
                "with your platform's identity"
            )
            self._draft.undecided.setdefault("some-bucket", f"every bucket was reached as {role}")

    def _is_role(self, arn: str, where: str) -> bool:
        problem = role_arn_problem(arn)
        if problem is not None:
            self._draft.leave(f"{where}: {problem}; nothing was carried of it")
        return problem is None

    def _seconds(self, name: str | None) -> int | None:
        text = self._s3a.get(name, ASSUMED + "session.duration")
        if text is None:
            return None
        found = _DURATION.match(text)
        seconds = int(found.group(1)) * _SECONDS[found.group(2)] if found else 0
        if limits.DURATION_MINIMUM_SECONDS <= seconds <= limits.DURATION_MAXIMUM_SECONDS:
            return seconds
        self._draft.leave(
            f"{self._s3a.name(name, ASSUMED + 'session.duration')}: {text} is outside 15m to 12h; 1h stands in its place"
        )
        return None

    def _fitting(self, name: str | None, key: str, fits: Callable[[str], object]) -> str | None:
        text = self._s3a.get(name, ASSUMED + key)
        if text is None or (fits(text) and not holds_variable(text)):
            return text
        self._draft.leave(
            f"{self._s3a.name(name, ASSUMED + key)}: its value does not fit STS or a declaration; nothing stands in its place"
        )
        return None

    # Where chains begin

    def _read_sts(self) -> None:
        named = [
            (name, value.text.strip())
            for name, value in self._values.hadoop.items()
            if name.endswith((ASSUMED + "sts.endpoint.region", ASSUMED + "sts.endpoint"))
            or name == "fs.s3.sts.endpoint"
        ]
        for name, text in sorted(named, key=lambda item: not item[0].endswith("region")):
            region = text if name.endswith("region") else next(iter(REGION_OF_HOST.findall(text)), "")
            if not limits.REGION.match(region):
                continue
            if self._draft.region not in (None, region):
                self._draft.leave(
                    f"{self._values.at(name)}: {region}, and a declaration asks STS in one region ({self._draft.region})"
                )
            self._draft.region = self._draft.region or region
        for name, text in named:
            host = text.removeprefix("https://").rstrip("/")
            if not name.endswith("region") and not re.fullmatch(r"sts(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?", host):
                self._read_endpoint(name, host)
        if self._draft.region is None and limits.REGION.match(self._values.text("fs.s3a.endpoint.region") or ""):
            self._draft.region = self._values.text("fs.s3a.endpoint.region")

    def _read_endpoint(self, name: str, host: str) -> None:
        address = host if "://" in host else f"https://{host}"
        try:
            Sts("eu-west-1", address)
        except ModelError as error:
            self._draft.leave(f"{self._values.at(name)}: {error}")
            return
        self._draft.endpoint = self._draft.endpoint or address

    def _read_provider_of_roles(self, provider: str, key: str) -> None:
        meaning = providers.meaning(provider)
        if meaning is Meaning.BASE:
            self._bases.setdefault(providers.base_kind(provider), key)
        elif meaning is Meaning.KEYS:
            self._draft.leave(f"{key}: keys in settings are not carried; the declaration names a base identity")
        else:
            self._draft.leave(f"{key}: {provider} is not a known base identity; see base in the declaration")

    def _read_base(self) -> None:
        platform, found = self._platform, dict(self._bases)
        if platform is not None:
            # A default chain says nothing that the platform does not say better.
            found.pop(BaseKind.EMR_RUNTIME_ROLE, None)
            if platform.kind is BaseKind.IRSA and BaseKind.CONTAINER in found:
                found = {BaseKind.POD_IDENTITY: found[BaseKind.CONTAINER]}
        kind = next(iter(found), platform.kind if platform else None)
        for other in list(found)[1:]:
            self._draft.leave(f"{found[other]}: base {other}, and a declaration has one base ({kind})")
        arn = platform.role if platform and platform.role and role_arn_problem(platform.role) is None else None
        comment = f"from {found[kind]}" if kind in found else f"as {platform.title} has it" if platform else ""
        if kind is None or (row_of(kind).needs_arn and arn is None):
            kind, comment = BaseKind.INSTANCE_PROFILE, "not in the settings: write what your processes begin with"
            self._draft.leave(
                "base: no setting says what your processes begin with; instance-profile was written, change it where it is another"
            )
        profile = "default" if kind is BaseKind.PROFILE else None
        self._draft.base = DraftBase(str(kind), arn, profile, comment=comment)

    # What is for all buckets, or for nobody

    def _of_all_buckets(self) -> Iterator[str]:
        for name, value in self._values.hadoop.items():
            bare = re.sub(r"^(fs\.s3a?\.)bucket\..+\.(?=delegation\.|security\.)", r"\1", name)
            if not value.text.strip():
                continue
            if name in _FOR_ALL:
                yield f"{self._values.at(name)}: {_STAYS}"
            elif bare in _OTHER and value.text.strip().lower() != "false":
                yield f"{self._values.at(name)}: {_OTHER[bare]}"
            elif name in ("fs.s3a.secret.key", "fs.s3a.session.token", "fs.s3.awsSecretAccessKey"):
                yield f"{self._values.at(name)}: keys in settings are not carried; the declaration names a base identity"


def _is_policy(text: str) -> bool:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(document, dict) and "Statement" in document and len(text) <= limits.SESSION_POLICY_MAXIMUM_CHARACTERS
    )
