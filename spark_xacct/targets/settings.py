"""A plan as settings: which keys, which values, and why each is there. Data; each target makes its own text of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from spark_xacct import keys
from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, Binding
from spark_xacct.plan import Plan
from spark_xacct.targets import assumed_role, sts_calls
from spark_xacct.targets.connectors import Connector, Hook
from spark_xacct.targets.refusals import check_carried
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import ANY_MASTER, Channel, How, Setting

S3A_FILE_SYSTEM = "org.apache.hadoop.fs.s3a.S3AFileSystem"
S3A_ABSTRACT_FILE_SYSTEM = "org.apache.hadoop.fs.s3a.S3A"
# Seen in the byte code of 3.3.6 and later; in 3.3.4 it refuses every scheme but s3a.
ABSTRACT_S3_SINCE = (3, 3, 6)
OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eusc-")
EXECUTOR_ENVIRONMENT = "spark.executorEnv."
# Where the driver's environment comes from in cluster mode; the other cluster manager ignores the key.
DRIVER_ENVIRONMENTS = ("spark.yarn.appMasterEnv.", "spark.kubernetes.driverEnv.")
JARS = "spark.jars"
# Beside spark.plugins, which is the user's own and which a local Spark Connect server overwrites.
PLUGINS = "spark.plugins.defaultList"
PYTHON_FILES = "spark.submit.pyFiles"


class Flavour(str, Enum):
    """Whose credential providers are named: ours, or Hadoop's own, which makes one hop and needs no jar."""

    SHIM = "shim"
    HADOOP = "hadoop"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Settings:
    """What a release needs to run a plan.

    ``hadoop`` in Hadoop's own names, ``spark`` what only Spark knows (jar, Python files), ``environment`` variables that
    driver and executors need alike. ``comments`` are for people and go above everything.
    """

    plan: Plan
    release: Release
    hadoop: tuple[Setting, ...]
    spark_only: tuple[Setting, ...]
    environment: tuple[Setting, ...]
    comments: tuple[str, ...]
    run: str | None = None
    user: str | None = None
    flavour: Flavour = Flavour.SHIM

    @property
    def provider(self) -> str:
        """The provider class that serves s3a:// under this release."""
        return self.release.schemes["s3a"].provider

    @property
    def is_global(self) -> bool:
        """Whether our provider is the connector's only one, instead of one for each named bucket."""
        return self.plan.access_map.needs_global_mode

    def spark_settings(self, driver: Iterable[str] = DRIVER_ENVIRONMENTS) -> tuple[Setting, ...]:
        """Everything as Spark settings, the driver's environment under each of the prefixes ``driver``."""
        environments = [EXECUTOR_ENVIRONMENT, *driver]
        return (
            *self.spark_only,
            *(setting.under(keys.SPARK_HADOOP_PREFIX) for setting in self.hadoop),
            *(variable.under(prefix) for prefix in environments for variable in self.environment),
        )

    @property
    def environment_by_name(self) -> dict[str, str]:
        return {variable.name: variable.value for variable in self.environment}

    @property
    def spark(self) -> dict[str, str]:
        """Everything as Spark settings, by name."""
        return {setting.name: setting.value for setting in self.spark_settings()}


def settings_of(
    plan: Plan,
    release: Release,
    *,
    jar: str | None = None,
    run: str | None = None,
    user: str | None = None,
    refused: Sequence[str] = (),
    flavour: Flavour = Flavour.SHIM,
    installed: bool = False,
    channel: Channel = ANY_MASTER,
    python_only: bool = False,
) -> Settings:
    """The settings of a plan on a release. Raises TargetError for what the release's connectors cannot carry.

    ``jar``: where the jar will be found, None where it is on Spark's class path already. ``run`` and ``user`` fill the
    placeholders of session names; None leaves them to the run-time rules. ``refused``: buckets that the plan leaves out and
    the declaration names; they get our provider too, which refuses what is not in its plan. ``installed``: the jar is on
    Spark's class path, and ``jar`` is where Python finds its package. ``channel``: by what the driver may tell executors
    their role sessions. ``python_only``: for Python alone, whatever the connectors can carry.
    """
    if python_only:
        environment = tuple(_environment(plan, run, user))
        return _checked(Settings(plan, release, (), (), environment, (plan.about, *release.notes), run, user))
    if flavour is Flavour.HADOOP:
        return _of_hadoop(plan, release, run, user, refused)
    check_carried(plan.access_map, release)
    result = Settings(
        plan=plan,
        release=release,
        hadoop=tuple(_hadoop(plan, release, run, user, refused)),
        spark_only=tuple(_spark_only(jar, installed, release, channel)),
        environment=tuple(_environment(plan, run, user)),
        comments=(plan.about, sts_calls.describe(plan.access_map, release, channel), *release.notes),
        run=run,
        user=user,
    )
    return _checked(result)


def _of_hadoop(plan: Plan, release: Release, run: str | None, user: str | None, refused: Sequence[str]) -> Settings:
    """No plan for the JVM, whose providers would not ask it; Python in workers follows it by itself where the package is."""
    check_carried(plan.access_map, release, only_s3a=True)
    assumed_role.check(plan.access_map, release, run, user)
    if refused:
        raise TargetError(
            f"--use: flavour hadoop cannot refuse the buckets that are left out ({', '.join(refused)}); take flavour shim, "
            "or a declaration without them"
        )
    native = (
        setting
        for connector in release.connectors
        if connector.name in assumed_role.PROVIDERS
        for binding in plan.access_map.bindings
        for setting in _native(binding, connector, release)
    )
    about = Setting(keys.ABOUT, plan.about, "what this is, for people")
    default_region = _default_region(plan, release)
    mapped = _s3_to_s3a(release) if release.maps_s3 else ()
    result = Settings(
        plan=plan,
        release=release,
        hadoop=(about, *mapped, *default_region, *assumed_role.settings(plan.access_map, release, run, user), *native),
        spark_only=(),
        environment=tuple(_environment(plan, run, user)),
        comments=(plan.about, assumed_role.STS_CALLS, *release.notes),
        run=run,
        user=user,
        flavour=Flavour.HADOOP,
    )
    return _checked(result)


def _checked(settings: Settings) -> Settings:
    for setting in (*settings.hadoop, *settings.spark_only, *settings.environment):
        _check_value(setting)
    return settings


def _spark_only(jar: str | None, installed: bool, release: Release, channel: Channel) -> Iterator[Setting]:
    if jar is not None:
        if "," in jar:
            raise TargetError(
                f'the path of the jar holds a comma ("{jar}"), which separates the entries of spark.jars; move the jar'
            )
        if not installed:
            yield Setting(JARS, jar, "the jar with plugin and credential providers", How.APPEND)
        yield Setting(PYTHON_FILES, jar, "the same jar is the Python package of the workers", How.APPEND)
    if release.has_plugins:
        yield Setting(
            PLUGINS, keys.PLUGIN, "the driver obtains role sessions and executors get them from it", How.APPEND
        )
        # Of no use without a plugin, and Spark 2.4 on Kubernetes makes no secret for it by itself (SPARK-26194).
        yield from channel.settings


def _environment(plan: Plan, run: str | None, user: str | None) -> Iterator[Setting]:
    for name, value in plan.environment():
        yield Setting(name, value, "the plan for Python without a JVM beside it")
    yield from _given(keys.RUN_ENVIRONMENT, run, "the run id that role-session names carry")
    yield from _given(keys.USER_ENVIRONMENT, user, "the user that role-session names carry")


def _hadoop(
    plan: Plan, release: Release, run: str | None, user: str | None, refused: Sequence[str]
) -> Iterator[Setting]:
    for name, value in plan.settings():
        yield Setting(name, value, "what this is, for people" if name == keys.ABOUT else "the plan")
    yield from _given(keys.RUN, run, "the run id that role-session names carry")
    yield from _given(keys.USER, user, "the user that role-session names carry")
    if release.maps_s3:
        yield from _s3_to_s3a(release)
    yield from _default_region(plan, release)
    for connector in release.connectors:
        yield from _provider(plan, connector, refused)
    for connector in release.connectors:
        if connector.hook is not None and release.hadoop >= connector.hook.since:
            yield from _hook(plan, connector, connector.hook)
    for connector in release.connectors:
        for binding in plan.access_map.bindings:
            yield from _native(binding, connector, release)


def _given(name: str, value: str | None, reason: str) -> Iterator[Setting]:
    if value is not None:
        yield Setting(name, value, reason)


def _s3_to_s3a(release: Release) -> Iterator[Setting]:
    reason = "plain Hadoop has no file system for s3:// and s3n://: S3A serves them"
    for scheme in ("s3", "s3n"):
        yield Setting(f"fs.{scheme}.impl", S3A_FILE_SYSTEM, reason, How.WHERE_UNSET)
        # Older ones take s3a:// only, with an error that keeps Spark from falling back to the FileSystem of the scheme.
        if release.hadoop >= ABSTRACT_S3_SINCE:
            yield Setting(f"fs.AbstractFileSystem.{scheme}.impl", S3A_ABSTRACT_FILE_SYSTEM, reason, How.WHERE_UNSET)


def _default_region(plan: Plan, release: Release) -> Iterator[Setting]:
    """Spark names s3.amazonaws.com where neither region nor endpoint is set for all buckets (SPARK-35878).

    That host does not serve another partition, and S3A on SDK v1 keeps to it even for a bucket with a region.
    """
    region = plan.access_map.sts.region
    if region.startswith(OTHER_PARTITIONS):
        reason = "S3A's own default is a region of partition aws"
    elif release.hadoop < (3, 4, 0) and any(binding.region for binding in plan.access_map.bindings):
        reason = "without it Spark names s3.amazonaws.com, and the regions of the buckets below have no effect"
    else:
        return
    yield Setting("fs.s3a.endpoint.region", region, reason, How.WHERE_UNSET)


def _provider(plan: Plan, connector: Connector, refused: Sequence[str]) -> Iterator[Setting]:
    access_map = plan.access_map
    if access_map.needs_global_mode:
        # One entry: S3A and EMRFS go on to the next of a list when the first fails, under another identity.
        reason = "undeclared buckets are refused" if access_map.deny_undeclared else "patterns need the global key"
        yield Setting(connector.provider_key, connector.provider, f"the only provider of {connector.title}: {reason}")
        return
    served = {**_served(access_map), **dict.fromkeys(refused, "left out by --use, and refused")}
    for bucket, by in served.items():
        name = connector.bucket_key(bucket, connector.bucket_provider_key)
        yield Setting(name, connector.provider, f"bucket {bucket}: {by}")


def _hook(plan: Plan, connector: Connector, hook: Hook) -> Iterator[Setting]:
    """Where our provider is and nowhere else: S3A opens no file system whose list names a class that it cannot load."""
    everywhere = plan.access_map.needs_global_mode
    for bucket in [""] if everywhere else _served(plan.access_map):
        where = f"bucket {bucket}: " if bucket else ""
        if hook.switch:
            reason = f"{where}{connector.title} tells nobody what S3 refuses unless this is on"
            name = connector.bucket_key(bucket, hook.switch) if bucket else connector.key(hook.switch)
            yield Setting(name, "true", reason)
        reason = f"{where}hears what S3 refuses, and has a session replaced that is dead before its time"
        name = connector.bucket_key(bucket, hook.classes) if bucket else connector.key(hook.classes)
        yield Setting(name, hook.name, reason, How.APPEND)


def _served(access_map: AccessMap) -> dict[str, str]:
    """By the name of a bucket, whose identity serves it."""
    served = {binding.bucket.text: _served_by(binding) for binding in access_map.bindings}
    return {**served, **{own.text: "base identity (own)" for own in access_map.own if not own.is_pattern}}


def _served_by(binding: Binding) -> str:
    return "base identity" if binding.role is None else f"role {binding.role}, {binding.access}"


def _native(binding: Binding, connector: Connector, release: Release) -> Iterator[Setting]:
    for field, native in connector.native.items():
        render = native.on(release.hadoop)
        if not getattr(binding, field) or render is None:
            continue
        for rest, value in render(binding):
            reason = f"bucket {binding.bucket}: {field}" + (f" ({native.doubt})" if native.doubt else "")
            yield Setting(connector.bucket_key(binding.bucket.text, rest), value, reason)


def _check_value(setting: Setting) -> None:
    value = setting.value
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise TargetError(f"{setting.name} would hold a control character or a line break; take it out of the value")
    if "${" in value:
        raise TargetError(f'{setting.name} would hold "${{", which Hadoop and Spark expand; take it out of the value')
    if value != value.strip():
        raise TargetError(f"{setting.name} would begin or end with a blank, which property files lose; take it out")
