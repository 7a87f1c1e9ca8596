"""Starting Spark with a plan: what can be set is set, what cannot is checked, and the result is proven."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spark_xacct import aws, keys, targets
from spark_xacct.access import default_role
from spark_xacct.access import run as runs
from spark_xacct.aws.endpoint import read as read_endpoint
from spark_xacct.errors import SparkStartError
from spark_xacct.model import DecisionKind, Location
from spark_xacct.plan import Plan, from_environment, from_settings
from spark_xacct.spark import existing, jar, situation
from spark_xacct.spark.live_jvm import LiveJvm, plan_in_force, require
from spark_xacct.spark.situation import Situation

# Whose cached FileSystems may be under another identity than the plan says. On YARN the application master of a submitted
# program has opened its staging folder, on a bucket of the platform's own: that one stays open.
CLOSED = {
    Situation.SUBMITTED: (DecisionKind.ROLE, DecisionKind.DENIED),
    Situation.JVM_WITHOUT_CONTEXT: (DecisionKind.ROLE, DecisionKind.DENIED, DecisionKind.BASE),
}
SUBMIT_ARGUMENTS = "PYSPARK_SUBMIT_ARGS"

logger = logging.getLogger("spark_xacct")


def configure(builder: Any, plan: Plan, run: str | None = None, user: str | None = None) -> Any:
    """The builder with every setting of the plan; ``run`` and ``user`` as in ``runs.find``.

    Raises SparkStartError when a JVM already runs.
    """
    state = situation.detect(builder._options, os.environ)
    if state.situation is not Situation.NO_JVM:
        raise SparkStartError(
            f"configure(builder) comes too late: {state.situation.value}; use start(builder, file), which checks what runs"
        )
    _set_everything(builder, plan, run, user)
    return builder


def start(builder: Any, plan: Plan | None, run: str | None = None, user: str | None = None) -> Any:
    """A checked SparkSession in which ``plan`` (None: the one that was submitted) is in force; see ``spark_xacct.start``.

    ``run`` and ``user`` as in ``runs.find``; a context that is active keeps its own.
    """
    state = situation.detect(builder._options, os.environ)
    submit_arguments = os.environ.get(SUBMIT_ARGUMENTS)
    if state.situation is Situation.CONNECT:
        raise SparkStartError(
            "Spark Connect takes its settings from the server: put the lines of `spark-xacct render spark-defaults` into "
            "the server's spark-defaults.conf and restart it"
        )
    if state.situation is Situation.ACTIVE_CONTEXT:
        return _join(builder, plan, state.context)
    _forget()
    if state.situation is Situation.NO_JVM:
        settings = _set_everything(
            builder, plan or _plan_given(existing.settings(builder._options, os.environ)), run, user
        )
    else:
        settings = _set_what_a_running_jvm_takes(builder, plan, state.situation, run, user)
    try:
        session = builder.getOrCreate()
    finally:
        _restore(SUBMIT_ARGUMENTS, submit_arguments)
    try:
        _prove(session, settings)
    except BaseException:
        session.stop()
        _forget()
        raise
    return session


def _forget() -> None:
    """Whatever comes of a start: Python code must not go on under the plan of an earlier application."""
    aws.deactivate()
    default_role.give_back()


def _restore(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


def _plan_given(settings: Mapping[str, str]) -> Plan:
    plan = from_settings(settings, keys.SPARK_HADOOP_PREFIX) or from_environment(os.environ)
    if plan is None:
        raise SparkStartError(
            "no plan is in force: give start() a declaration or a plan file, or submit with the lines of "
            "`spark-xacct render spark-submit`"
        )
    return plan


def _set_everything(builder: Any, plan: Plan, run: str | None, user: str | None) -> targets.Settings:
    before = existing.settings(builder._options, os.environ)
    settings = _settings(plan, before, jar.find(os.environ), run=run, user=user)
    merged = _apply(builder, settings, before)
    lists = {name: merged.settings.get(name, "") for name in existing.LIST_OPTIONS}
    for name in lists:
        builder._options.pop(name, None)
    os.environ[SUBMIT_ARGUMENTS] = existing.with_lists(os.environ.get(SUBMIT_ARGUMENTS, "pyspark-shell"), lists)
    return settings


def _set_what_a_running_jvm_takes(
    builder: Any, plan: Plan | None, where: Situation, run: str | None, user: str | None
) -> targets.Settings:
    from pyspark import SparkContext

    SparkContext._ensure_initialized()
    live = LiveJvm(SparkContext._jvm)
    problem = live.problem_with_jar()
    if problem is not None:
        path = jar.find(os.environ)
        raise SparkStartError(
            f"{problem}; {where.value}. Submit with: --jars {path} --py-files {path}"
            if where is Situation.SUBMITTED
            else f"{problem}; {where.value}. Restart the Python process (the notebook's kernel) and call start() first"
        )
    before = {**live.system_settings(), **{name: str(value) for name, value in builder._options.items()}}
    plan = plan or _plan_given(before)
    anew = where is Situation.JVM_WITHOUT_CONTEXT
    settings = _settings(plan, before, release=_running(live), run=run, user=user, anew=anew)
    stale = [name for name in before if name.startswith(keys.SPARK_HADOOP_PREFIX + keys.PLAN + ".")]
    live.forget_settings([name for name in stale if name not in settings.spark])
    # Hadoop caches FileSystems without regard to settings: one that was made for a bucket under another provider would
    # serve it on under that identity.
    live.close_file_systems(lambda bucket: plan.access_map.decide(Location("s3a", bucket)).kind in CLOSED[where])
    _apply(builder, settings, before)
    return settings


def _settings(
    plan: Plan,
    before: Mapping[str, str],
    path: Path | None = None,
    release: targets.releases.Release | None = None,
    run: str | None = None,
    user: str | None = None,
    anew: bool = False,
) -> targets.Settings:
    found = runs.find(os.environ, before, run, user, anew)
    return targets.settings_for(plan, release, jar=str(path) if path else None, run=found.id, user=found.user)


def _running(live: LiveJvm) -> targets.releases.Release:
    """The release of the JVM that runs: what pyspark's own folder says may be of another one."""
    from pyspark import __version__

    return targets.releases.running(__version__, live.hadoop_version())


def _apply(builder: Any, settings: targets.Settings, before: Mapping[str, str]) -> targets.Merged:
    merged = targets.merge(before, settings.spark_settings(driver=()))
    for name, value in merged.changed.items():
        builder.config(name, value)
    for line in merged.log:
        logger.info(line)
    for conflict in merged.conflicts:
        logger.warning(conflict)
    return merged


def _join(builder: Any, plan: Plan | None, context: Any) -> Any:
    """The active session, if the plan asked for is the one in force there."""
    in_force = plan_in_force(context)
    if in_force is None or aws.in_force(in_force) is None:
        # Else this process goes on as it is, also where another plan was asked for: the application does.
        _forget()
    if in_force is None:
        raise SparkStartError(
            "a SparkContext is already active, without a plan; stop it and call start() again, or have whoever starts it set "
            + (_missing(plan, context) if plan else "the lines of `spark-xacct render spark-submit`")
        )
    if plan is not None and plan.id != in_force.id:
        raise SparkStartError(
            f"a SparkContext is already active under {in_force.about}, and {plan.about} was asked for; "
            f"stop the session and call start() again, or have whoever starts it set {_missing(plan, context)}"
        )
    session = builder.getOrCreate()
    settings = _settings(in_force, dict(context.getConf().getAll()), release=_running(LiveJvm(context._jvm)))
    _prove(session, settings)
    return session


def _missing(plan: Plan, context: Any) -> str:
    """What the plan needs and an active context has not: a line each, for spark-defaults.conf or as --conf of spark-submit."""
    there = dict(context.getConf().getAll())
    path = None if jar.JAR_NAME in there.get("spark.jars", "") else str(jar.find(os.environ))
    settings = targets.settings_for(plan, _running(LiveJvm(context._jvm)), jar=path)
    changed = targets.merge(there, settings.spark_settings(driver=())).changed
    lines = "".join(f"\n  {name}={value}" for name, value in changed.items())
    return f"these, in its spark-defaults.conf or as --conf of spark-submit:{lines}"


def _prove(session: Any, settings: targets.Settings) -> None:
    """The session has the plan, the JVM can follow it, and Python in this process follows the same."""
    context = session.sparkContext
    live = LiveJvm(context._jvm)
    require(live.problem_with_jar())
    in_force = plan_in_force(context)
    if in_force is None or in_force.id != settings.plan.id:
        raise SparkStartError(
            f"{settings.plan.about} was set, and {in_force.about if in_force else 'no plan'} is in force: something after "
            "start() changed spark.hadoop.fs.xacct.plan"
        )
    hadoop = live.hadoop_settings(context._jsc.hadoopConfiguration(), targets.PROVIDER_SETTINGS)
    require(targets.problem_with(settings, hadoop))
    require(live.problem_with_provider(settings.provider))
    live.activate(settings.plan, settings.run, settings.user)
    if jar.JAR_NAME not in context.getConf().get("spark.submit.pyFiles", ""):
        context.addPyFile(str(jar.find(os.environ)))
    folder = live.endpoint_folder()
    endpoint = None if folder is None else read_endpoint(folder)
    if endpoint is not None:
        if endpoint.plan_id != settings.plan.id:
            raise SparkStartError(
                f"{settings.plan.about} is in force, and the JVM's credentials endpoint serves plan {endpoint.plan_id}: its plugin "
                "was started for another application; restart the Python process (the notebook's kernel)"
            )
        default_role.take(endpoint)
    aws.activate(aws.sessions_of(settings.plan, settings.run, settings.user, endpoint))
    logger.info("%s is in force, run %s, application %s", settings.plan.about, settings.run, context.applicationId)
