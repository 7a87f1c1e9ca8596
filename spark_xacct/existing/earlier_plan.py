"""What an earlier plan of ours has left in a file: told from what others have set by its value, not by its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from spark_xacct import keys
from spark_xacct import plan as plans
from spark_xacct.errors import PlanError, TargetError
from spark_xacct.plan import Plan
from spark_xacct.targets.files import ExistingFile, Names, Place
from spark_xacct.targets.merging import LISTS, OURS, entries
from spark_xacct.targets.registry import Rendered
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.settings import Flavour, Settings, settings_of

# Lists of classes that S3A calls, which others join as well.
_HOOKS = ("audit.execution.interceptors", "audit.request.handlers")


class EarlierPlan:
    """The settings that the plans in a file have made; ``notes`` on those that cannot be read."""

    def __init__(self, file: ExistingFile, rendered: Rendered) -> None:
        self.notes: list[str] = []
        self._values: dict[str, set[str]] = {}
        for place in file.places:
            try:
                settings = _settings(place, rendered.settings)
            except PlanError as error:
                self.notes.append(f"{file.name}: the plan in it cannot be read: {error}")
                continue
            for setting in settings:
                self._values.setdefault(_bare(setting.name), set()).add(setting.value)

    def left_in(self, place: Place) -> set[str]:
        """The settings of a place that are ours from before: a person may have set the same key, to something else."""
        return {name for name, value in place.settings.items() if name not in LISTS and self._is_ours(name, value)}

    def without_hooks(self, settings: Mapping[str, str], but: Collection[str]) -> Iterator[tuple[str, str]]:
        """Lists of hooks that we have joined, all ``but`` these, without our entry; "" where no other is left."""
        for name, value in settings.items():
            others = _of_others(value)
            if name in but or not name.endswith(_HOOKS) or others == entries(value):
                continue
            # Those of all buckets stand in a bucket's list only because it hides them.
            of_all = re.sub(r"^(.*?fs\.s3a\.)bucket\..+\.(?=audit\.)", r"\1", name)
            is_copy = name != of_all and others == _of_others(settings.get(of_all, ""))
            yield name, "" if is_copy else ",".join(others)

    def _is_ours(self, name: str, value: str) -> bool:
        # Nobody else names our classes.
        return value in self._values.get(_bare(name), ()) or (value.startswith(OURS) and "," not in value)


def _bare(name: str) -> str:
    prefix = keys.SPARK_HADOOP_PREFIX
    return name[len(prefix) :] if name.startswith(prefix) else name


def _of_others(value: str) -> list[str]:
    return [entry for entry in entries(value) if not entry.startswith(OURS)]


def _settings(place: Place, now: Settings) -> tuple[Setting, ...]:
    """What the plan in a place has been rendered to, on the release of now. Raises PlanError for a damaged plan."""
    found = _plan_of(place)
    if found is None:
        return ()
    plan, flavour = found
    try:
        return settings_of(plan, now.release, run=now.run, user=now.user, flavour=flavour).spark_settings()
    except TargetError:
        # It was rendered for another release, which could carry it.
        return ()


def _plan_of(place: Place) -> tuple[Plan, Flavour] | None:
    if place.names is Names.HADOOP:
        plan = plans.from_settings(place.settings)
    else:
        plan = plans.from_settings(place.settings, keys.SPARK_HADOOP_PREFIX)
    if plan is not None:
        return plan, Flavour.SHIM
    # Hadoop's own providers ask no plan: with them it is there for Python alone.
    variables = {name.rpartition("Env.")[2]: value for name, value in place.settings.items() if "executorEnv." in name}
    plan = plans.from_environment(variables)
    return None if plan is None else (plan, Flavour.HADOOP)
