"""Settings that do nothing on a release, or not what they did once: by table, each row with its threshold and its source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from spark_xacct import keys
from spark_xacct.model.bases import BASES
from spark_xacct.targets.connectors import EMRFS, S3A_V2
from spark_xacct.targets.files.existing import ExistingFile, Names
from spark_xacct.targets.releases import Release
from spark_xacct.targets.settings import Flavour, Settings

MIGRATION = "https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-s3a-migrate.html"
JOBS = "https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-s3-access.html"
SDK = "https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/aws_sdk_upgrade.html"
ASSUMED_ROLES = "https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/assumed_roles.html"
S3GUARD = "https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/s3guard.html"
SECRETS = "https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/index.html"
EMR_SPARK_8 = "https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-spark800-release.html"

ASSUME_ROLE_PROVIDER = "com.amazonaws.emr.AssumeRoleAWSCredentialsProvider"
ASSUME_ROLE_VARIABLE = "ASSUME_ROLE_CREDENTIALS_ROLE_ARN"
_EMRFS_CLASS = "com.amazon.ws.emr.hadoop.fs.EmrFileSystem"
_COMPATIBILITY = "fs.s3a.emrfs.compatibility.enable"
_OURS = "io.sparkxacct."
# S3A takes its own classes of SDK v2 for these (AwsV1BindingSupport, CredentialProviderListFactory).
_V1_REMAPPED = frozenset(
    f"com.amazonaws.auth.{name}"
    for name in (
        "AnonymousAWSCredentials",
        "EC2ContainerCredentialsProviderWrapper",
        "InstanceProfileCredentialsProvider",
        "EnvironmentVariableCredentialsProvider",
        "profile.ProfileCredentialsProvider",
    )
)
_MAPPED = (
    "aimd.", "sts.", "authorization.", "credentialsResolverClass", "enableServerSideEncryption", "serverSideEncryption.", "cse.kms.",
    "canned.acl", "useRequesterPaysHeader", "maxConnections", "maxRetries", "storageClass", "signerType", "s3AccessGrants.enabled",
    "s3AccessGrants.fallbackToIAM", "buckets.create.enabled", "buffer.dir", "delete.maxBatchSize", "metadata.cache.", "open.acceptsFileStatus",
)  # fmt: skip


@dataclass(frozen=True)
class Present:
    """A setting that a file holds, by Hadoop's name for it, or the name of a variable."""

    name: str
    value: str
    values: Mapping[str, str]
    settings: Settings

    @property
    def release(self) -> Release:
        return self.settings.release

    @property
    def is_served_by_s3a(self) -> bool:
        """Whether s3:// is S3A's here: by the release, or because the file switches."""
        named = self.values.get("fs.s3.impl", "").strip()
        if named:
            return named != _EMRFS_CLASS
        return self.release.schemes["s3"].name != EMRFS.name

    @property
    def has_emrfs(self) -> bool:
        return any(connector.name == EMRFS.name for connector in self.release.connectors)

    @property
    def uses_sdk_v2_alone(self) -> bool:
        sdk = self.release.sdk or {}
        is_without_v1 = sdk.get("v1") is None and "v1" not in self.release.unknown_sdk
        return self.release.schemes["s3a"].name == S3A_V2.name and is_without_v1


@dataclass(frozen=True)
class Legacy:
    """One row: which names, when, what is to be said, and where that is written.

    ``title`` is what a page calls the names, ``since`` the threshold in words. ``doubt`` is added where nobody here has run it.
    """

    title: str
    names: re.Pattern[str]
    holds: Callable[[Present], bool]
    says: Callable[[Present], str]
    since: str
    source: str
    doubt: str = ""


def _active(present: Present) -> str:
    return f"S3A is active for s3:// on {present.release.name}"


def _nothing(present: Present) -> str:
    return f"{_active(present)}: it does nothing"


def _emrfs_key(rest: str) -> re.Pattern[str]:
    """A key of EMRFS, for all buckets or for one."""
    return re.compile(rf"fs\.s3\.(?:bucket\.(?P<bucket>.+)\.)?(?:{rest})\Z")


def _s3a_key(rest: str) -> re.Pattern[str]:
    return re.compile(rf"fs\.s3a\.(?:bucket\.(?P<bucket>.+)\.)?(?:{rest})\Z")


def _is_emrfs_provider_left(present: Present) -> bool:
    return present.is_served_by_s3a and not present.value.startswith(_OURS)


def _is_variable_unread(present: Present) -> bool:
    used = [
        value for name, value in present.values.items() if name.startswith("fs.s3a.") and ASSUME_ROLE_PROVIDER in value
    ]
    return present.is_served_by_s3a and not used


def _is_unmapped(present: Present) -> bool:
    """Whether EMR's S3A would read this key of EMRFS in place of its own, and does not here."""
    if not present.is_served_by_s3a or not present.name.startswith("fs.s3."):
        return False
    is_off = present.values.get(_COMPATIBILITY, "").strip().lower() == "false"
    return is_off or present.release.family not in ("emr", "emr-spark", "glue")


def _says_unmapped(present: Present) -> str:
    why = f"{_COMPATIBILITY} is false" if _COMPATIBILITY in present.values else "only EMR's own S3A reads keys of EMRFS"
    return f"{_nothing(present)}, because {why}; name the key of S3A"


def _is_v1_class(present: Present) -> bool:
    return present.uses_sdk_v2_alone and bool(_v1_classes(present.value))


def _v1_classes(value: str) -> list[str]:
    names = (name.strip() for name in value.split(","))
    return [name for name in names if name.startswith("com.amazonaws.") and name not in _V1_REMAPPED]


_V2_OF = {
    row_class: row.sdk_own.get("v2", row.v2)
    for row in BASES.values()
    for row_class in (row.sdk_own.get("v1", row.v1),)
    if row_class
}


def _says_v1_class(present: Present) -> str:
    found = _v1_classes(present.value)[0]
    instead = _V2_OF.get(found)
    way_out = f"write {instead}" if instead else "take a class for SDK v2"
    return f"{present.release.name} has no AWS SDK v1, so S3A cannot load {found}; {way_out}"


def _is_role_key_replaced(present: Present) -> bool:
    """Whether the plan's provider serves the bucket, which asks none of these keys."""
    if present.settings.flavour is not Flavour.SHIM:
        return False
    ours = {setting.name for setting in present.settings.hadoop if setting.value.startswith(_OURS)}
    bucket = _bucket(present)
    return keys.S3A_PROVIDER_KEY in ours or (
        bucket is not None and f"fs.s3a.bucket.{bucket}.aws.credentials.provider" in ours
    )


def _bucket(present: Present) -> str | None:
    found = re.match(
        r"fs\.s3a?\.bucket\.(.+)\.(?:assumed\.role\..+|access\.key|secret\.key|session\.token)\Z", present.name
    )
    return found.group(1) if found else None


ROWS: tuple[Legacy, ...] = (
    Legacy(
        "fs.s3.customAWSCredentialsProvider",
        _emrfs_key("customAWSCredentialsProvider"),
        _is_emrfs_provider_left,
        lambda present: (
            f"{_nothing(present)}, and the job's own role is used; take it out, the declaration names the roles"
        ),
        "S3A for s3:// (emr-7.10.0, emr-spark, glue-5.1, Apache Spark)",
        MIGRATION,
        "by AWS's table of what is carried over, not tested",
    ),
    Legacy(
        "fs.s3.bucketLevelAssumeRoleMapping",
        _emrfs_key("bucketLevelAssumeRoleMapping"),
        lambda present: present.is_served_by_s3a,
        lambda present: f"{_nothing(present)}; spark-xacct import emrfs makes a declaration of it",
        "S3A for s3:// (emr-7.10.0, emr-spark)",
        JOBS,
        "by AWS's table of what is carried over, not tested",
    ),
    Legacy(
        "ASSUME_ROLE_CREDENTIALS_ROLE_ARN",
        re.compile(rf"{ASSUME_ROLE_VARIABLE}\Z"),
        _is_variable_unread,
        lambda present: f"{_active(present)}: only {ASSUME_ROLE_PROVIDER} reads it, which EMRFS asks; take it out",
        "S3A for s3:// (emr-7.10.0, emr-spark)",
        JOBS,
        "not tested",
    ),
    Legacy(
        "fs.s3.consistent.*",
        _emrfs_key(r"consistent(?:\..+)?"),
        lambda present: present.is_served_by_s3a,
        lambda present: f"{_nothing(present)}: S3 is consistent by itself; take it out",
        "S3A for s3:// (emr-7.10.0, emr-spark)",
        MIGRATION,
    ),
    Legacy(
        "fs.s3.requestHandler.classNames",
        _emrfs_key(r"requestHandler\.classNames"),
        lambda present: present.is_served_by_s3a,
        lambda present: f"{_nothing(present)}; S3A has fs.s3a.audit.execution.interceptors for classes of SDK v2",
        "S3A for s3:// (emr-7.10.0, emr-spark)",
        MIGRATION,
    ),
    Legacy(
        "fs.s3.multipart.clean.*, fs.s3.instanceProfile.retry*, fs.s3.region.* and others without a counterpart",
        _emrfs_key(
            r"multipart\.(?:clean\..+|fraction\..+|th\..+|part\.attempts)|instanceProfile\.retry.+|region\.(?:fallback|retry.+)|"
            r"cse\.(?:cryptoStorageMode.*|encryptionV2\.enabled|materialsDescription\.enabled)|rename\.algorithm\.version|"
            r"requestStatistics\..+|folderObject\..+|seekStrategy|retryPeriodSeconds|delete\.retryCount|buckets\.create\.region|"
            r"s3AccessGrants\.(?:cacheSize|retryDelayBase|throttledRetryDelayBase|maxRetries)"
        ),
        lambda present: present.is_served_by_s3a,
        lambda present: f"{_nothing(present)}; take it out",
        "S3A for s3:// (emr-7.10.0, emr-spark)",
        MIGRATION,
    ),
    Legacy(
        "fs.s3.canned.acl, fs.s3.serverSideEncryption.* and others that EMR maps to keys of S3A",
        _emrfs_key("|".join(re.escape(name) + (r".+" if name.endswith(".") else "") for name in _MAPPED)),
        _is_unmapped,
        _says_unmapped,
        f"S3A for s3:// where {_COMPATIBILITY} is false, or outside EMR",
        MIGRATION,
    ),
    Legacy(
        "fs.s3.impl, fs.s3n.impl of EMRFS",
        re.compile(r"fs\.s3n?\.impl\Z"),
        lambda present: present.value.strip() == _EMRFS_CLASS and not present.has_emrfs,
        lambda present: f"{present.release.name} has no EMRFS: every s3:// location fails to open; take it out",
        "emr-spark-8.0.0, Apache Spark",
        EMR_SPARK_8,
        "not tested",
    ),
    Legacy(
        "fs.s3a.aws.credentials.provider and fs.s3a.assumed.role.credentials.provider of AWS SDK v1",
        _s3a_key(r"aws\.credentials\.provider|assumed\.role\.credentials\.provider"),
        _is_v1_class,
        _says_v1_class,
        "releases with AWS SDK v2 alone (spark-4.0, emr-spark-8.0.0)",
        SDK,
    ),
    Legacy(
        "fs.s3a.audit.request.handlers",
        _s3a_key(r"audit\.request\.handlers"),
        lambda present: present.release.schemes["s3a"].name == S3A_V2.name and not present.value.startswith(_OURS),
        lambda present: (
            f"S3A on {present.release.name} has AWS SDK v2 and calls fs.s3a.audit.execution.interceptors in its place; take it out"
        ),
        "Hadoop 3.4.0",
        SDK,
    ),
    Legacy(
        "fs.s3a.metadatastore.*, fs.s3a.s3guard.*",
        _s3a_key(r"metadatastore\..+|s3guard\..+"),
        lambda present: present.release.hadoop >= (3, 4, 0),
        lambda present: f"{present.release.name} has no S3Guard, and S3A may refuse to start with it; take it out",
        "Hadoop 3.4.0",
        S3GUARD,
    ),
    Legacy(
        "fs.s3a.assumed.role.*",
        _s3a_key(r"assumed\.role\.(?!sts\.).+"),
        _is_role_key_replaced,
        lambda present: "the plan's provider serves this, and asks none of these keys; take it out",
        "every release, for buckets of the plan",
        ASSUMED_ROLES,
    ),
    Legacy(
        "fs.s3a.session.token",
        _s3a_key(r"session\.token"),
        lambda present: True,
        lambda present: (
            "keys of a session in settings end after some hours, nobody renews them, and everyone who sees the settings has them; "
            "take them out, the declaration names a base identity"
        ),
        "every release",
        SECRETS,
    ),
    Legacy(
        "fs.s3a.secret.key",
        _s3a_key(r"secret\.key"),
        lambda present: True,
        lambda present: (
            "a secret key in settings is seen by everyone who sees them; take it out, the declaration names a base identity"
        ),
        "every release",
        SECRETS,
    ),
)


def found(file: ExistingFile, settings: Settings) -> Iterator[str]:
    """A line for each setting of the file that a row is about, and for classifications that the release has not."""
    values: dict[str, str] = {}
    named: list[tuple[str, str, str]] = []
    for place in file.places:
        known = place.hadoop() if place.names is not Names.ENVIRONMENT else {}
        values.update(known)
        variables = place.settings if place.names is Names.ENVIRONMENT else _variables(place.settings)
        at = file.name if place.where == file.name else f"{file.name}: {place.where}"
        named += [(at, name, value) for name, value in {**known, **variables}.items()]
        if place.classification == "emrfs-site" and not Present("", "", {}, settings).has_emrfs:
            yield (
                f"{at} present, and {settings.release.name} has no EMRFS: it does nothing, or is refused (not tested); take it out "
                f"({EMR_SPARK_8})"
            )
    seen = set()
    for at, name, value in named:
        for row in ROWS:
            present = Present(name, value, values, settings)
            if row.names.match(name) and value.strip() and row.holds(present) and (name, value) not in seen:
                seen.add((name, value))
                yield f"{at}: legacy {name} present, {row.says(present)}{_source(row)}"


def table() -> list[dict[str, str]]:
    """The rows for a page: which settings, from when on, what was not run, what to read."""
    return [{"names": row.title, "since": row.since, "doubt": row.doubt, "source": row.source} for row in ROWS]


def _source(row: Legacy) -> str:
    return f" ({row.doubt}; {row.source})" if row.doubt else f" ({row.source})"


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment that Spark's settings give to driver or executors."""
    return {name.rpartition("Env.")[2]: value for name, value in settings.items() if "Env." in name}
