"""External ids that a declaration takes from variables and files, and what brings these to driver and executors."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from spark_xacct.targets.setting import How, Setting
from spark_xacct.targets.settings import Settings

# The Kubernetes Secret that holds them, and the pods that get them from it.
SECRET = "spark-xacct-external-ids"
PODS = ("driver", "executor")


def references(settings: Settings) -> dict[str, dict[str, str]]:
    """The ``variables`` and ``files`` that external ids are read from, with the role of each; what a submit fills in goes by these."""
    found: dict[str, dict[str, str]] = {"variables": {}, "files": {}}
    for role in settings.plan.access_map.roles.values():
        if role.external_id is not None and role.external_id.env is not None:
            found["variables"][role.external_id.env] = role.name
        elif role.external_id is not None and role.external_id.file is not None:
            found["files"][role.external_id.file] = role.name
    return found


def placeholder(role: str) -> str:
    """What stands in files in place of a role's external id."""
    return f"<external id of role {role}>"


def as_settings(settings: Settings, prefixes: Iterable[str]) -> Iterator[Setting]:
    """The variables in the environment of driver and executors, by the prefixes of their settings. A value of the user's own stays."""
    variables = references(settings)["variables"]
    for prefix in prefixes:
        for variable, role in variables.items():
            yield Setting(prefix + variable, placeholder(role), f"the external id of role {role}", How.WHERE_UNSET)


def from_secret(settings: Settings) -> Iterator[Setting]:
    """The variables in the pods of driver and executors, from the Secret."""
    for variable, role in references(settings)["variables"].items():
        for pod in PODS:
            name = f"spark.kubernetes.{pod}.secretKeyRef.{variable}"
            yield Setting(name, f"{SECRET}:{variable}", f"the external id of role {role}, from a Secret")


def secret_options(external_ids: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The options of ``kubectl create secret generic`` that put all of them into one Secret."""
    variables = [f'--from-literal={name}="${name}"' for name in external_ids["variables"]]
    return [*variables, *(f"--from-file={role}={shlex.quote(file)}" for file, role in external_ids["files"].items())]
