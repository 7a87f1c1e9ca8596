"""Targets: the places that settings are rendered for. A module of this package that registers one is all it takes.

Data first: ``settings_for`` says which keys, values and reasons; a target turns them into its own text last.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from spark_xacct import plan as plans
from spark_xacct.errors import TargetError
from spark_xacct.plan import Plan
from spark_xacct.targets import releases
from spark_xacct.targets.in_force import PROVIDER_SETTINGS, problem_with
from spark_xacct.targets.job import Job
from spark_xacct.targets.merging import Merged, merge
from spark_xacct.targets.narrow import left_out, narrowed
from spark_xacct.targets.registry import Delivery, Rendered, Target, find, names, register, table, unregister
from spark_xacct.targets.setting import ANY_MASTER, Channel, How, Setting
from spark_xacct.targets.settings import Flavour, Settings, settings_of

__all__ = [
    "JAR_PLACEHOLDER",
    "PROVIDER_SETTINGS",
    "Channel",
    "Delivery",
    "Flavour",
    "How",
    "Job",
    "Merged",
    "Rendered",
    "Setting",
    "Settings",
    "Target",
    "TargetError",
    "find",
    "merge",
    "names",
    "narrowed",
    "problem_with",
    "register",
    "releases",
    "render",
    "settings_for",
    "table",
    "unregister",
]

# Stands where the reader must put the path of the jar.
JAR_PLACEHOLDER = "<jar>"


def settings_for(
    plan: Plan,
    release: str | releases.Release | None = None,
    *,
    use: Sequence[str] = (),
    jar: str | None = None,
    run: str | None = None,
    user: str | None = None,
    flavour: Flavour = Flavour.SHIM,
    installed: bool = False,
    channel: Channel = ANY_MASTER,
    python_only: bool = False,
) -> Settings:
    """What ``release`` (None: the pyspark found here) needs to run ``plan``, as data.

    ``use`` narrows the plan to some buckets; the other declared ones are refused. ``jar``: where the jar will be found; None
    where it is on Spark's class path already; with ``installed`` it is on the class path, and Python finds it at ``jar``.
    ``channel``: by what the driver may tell executors; ``python_only``: without what only a JVM reads. Raises TargetError for what cannot be carried, naming the bucket, role or field.
    """
    whole = plan.access_map
    if use:
        plan = plans.encode(narrowed(whole, use))
    refused = left_out(whole, plan.access_map)
    return settings_of(
        plan,
        _release(release),
        jar=jar,
        run=run,
        user=user,
        refused=refused,
        flavour=flavour,
        installed=installed,
        channel=channel,
        python_only=python_only,
    )


def render(
    name: str,
    plan: Plan,
    release: str | None = None,
    use: Sequence[str] = (),
    *,
    jar: str | None = JAR_PLACEHOLDER,
    run: str | None = None,
    user: str | None = None,
    flavour: Flavour | None = None,
    job: Job | None = None,
) -> Rendered:
    """The settings of ``plan`` for target ``name``. Raises TargetError for what the target cannot hold.

    ``jar`` counts where the target has no place of its own for it. ``flavour`` None is the target's own default.
    """
    target = find(name)
    job = job or Job()
    flavour = flavour or target.flavours[0]
    resolved = releases.resolve(release or target.default_release)
    target.check(resolved, flavour)
    delivery = target.delivery(job)
    settings = settings_for(
        plan,
        resolved,
        use=use,
        jar=delivery.jar or jar,
        run=run,
        user=user,
        flavour=flavour,
        installed=delivery.installed,
        channel=target.channel(resolved, job),
        python_only=target.python_only,
    )
    return target.render(settings, job)


def _release(release: str | releases.Release | None) -> releases.Release:
    return release if isinstance(release, releases.Release) else releases.resolve(release)


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
