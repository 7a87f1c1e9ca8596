"""Target ``spark-submit``: a command line that is safe in every POSIX shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from spark_xacct import keys
from spark_xacct.targets import external_ids, limits, templates
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.settings import DRIVER_ENVIRONMENTS, EXECUTOR_ENVIRONMENT, JARS, PYTHON_FILES, Settings

# What has an option of its own: as --conf it would lose against the option in a user's command line.
OPTIONS = {JARS: "--jars", PYTHON_FILES: "--py-files"}


# Variable -> its Hadoop setting, and the command that fills it where it is unset.
DRAWN = {
    keys.RUN_ENVIRONMENT: (keys.RUN, "od -An -N4 -tx1 /dev/urandom | tr -d ' \\n'"),
    keys.USER_ENVIRONMENT: (keys.USER, "id -un 2>/dev/null || echo unknown"),
}


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    arguments = [part for setting in carried(settings) for part in option(setting)]
    limits.check_command(TARGET.name, arguments)
    return {
        "arguments": arguments,
        "environment": settings.environment_by_name,
        "drawn": _drawn(settings),
        "external_ids": external_ids.references(settings),
    }


def carried(settings: Settings) -> tuple[Setting, ...]:
    """What the command line carries: everything, and the variables of external ids, which a cluster manager hands to nobody."""
    return (
        *settings.spark_settings(),
        *external_ids.as_settings(settings, (EXECUTOR_ENVIRONMENT, *DRIVER_ENVIRONMENTS)),
    )


def write(rendered: Rendered) -> Mapping[str, str]:
    arguments, references = rendered.content["arguments"], rendered.content["external_ids"]
    variables = {external_ids.placeholder(role): variable for variable, role in references["variables"].items()}
    options = [_in_shell(arguments[at], arguments[at + 1], variables) for at in range(0, len(arguments), 2)]
    exports = [f"{name}={shlex.quote(value)}" for name, value in rendered.content["environment"].items()]
    drawn = rendered.content["drawn"]
    options += [f'--conf "{name}=${variable}"' for variable, names in drawn.items() for name in names]
    values = {
        "comments": rendered.settings.comments,
        "exports": exports,
        "options": options,
        "draws": [(variable, DRAWN[variable][1]) for variable in drawn],
        "external_ids": references,
        "has_lists": any(one in arguments for one in OPTIONS.values()),
    }
    return {"submit.sh": templates.fill(TARGET.name, "spark-submit.sh.j2", values)}


def _drawn(settings: Settings) -> dict[str, list[str]]:
    """The variables that the script fills in at each run, with the settings that carry them on: without, every JVM and
    every worker would draw an id of its own, and CloudTrail could not be searched for one run."""
    given = {keys.RUN_ENVIRONMENT: settings.run, keys.USER_ENVIRONMENT: settings.user}
    prefixes = (EXECUTOR_ENVIRONMENT, *DRIVER_ENVIRONMENTS)
    return {
        variable: [keys.SPARK_HADOOP_PREFIX + DRAWN[variable][0], *(prefix + variable for prefix in prefixes)]
        for variable, value in given.items()
        if value is None
    }


def _in_shell(name: str, value: str, variables: Mapping[str, str]) -> str:
    """An option in words of a shell; an external id comes from the shell's own variable."""
    key, _, text = value.partition("=")
    return f'{name} "{key}=${variables[text]}"' if text in variables else f"{name} {shlex.quote(value)}"


def option(setting: Setting) -> tuple[str, str]:
    """The option of spark-submit that makes a setting, and its value."""
    if setting.name in OPTIONS:
        return OPTIONS[setting.name], setting.value
    return "--conf", f"{setting.name}={setting.value}"


TARGET = register(
    Target(
        name="spark-submit",
        doc="a spark-submit command line, for every master",
        content=content,
        write=write,
        limits=(
            f"{limits.ARGUMENT_MAXIMUM_BYTES:,} bytes an argument, {limits.COMMAND_MAXIMUM_BYTES:,} for all and the "
            "environment (Linux)"
        ),
    )
)
