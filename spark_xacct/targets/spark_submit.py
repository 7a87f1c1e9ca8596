"""Target ``spark-submit``: a command line that is safe in every POSIX shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from spark_xacct.targets import limits, templates
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import JARS, PYTHON_FILES, Setting, Settings

# What has an option of its own: as --conf it would lose against the option in a user's command line.
OPTIONS = {JARS: "--jars", PYTHON_FILES: "--py-files"}


def content(settings: Settings) -> Mapping[str, Any]:
    arguments = [part for setting in settings.spark_settings() for part in _option(setting)]
    limits.check_command(TARGET.name, arguments)
    return {"arguments": arguments, "environment": settings.environment_by_name}


def write(rendered: Rendered) -> str:
    arguments = rendered.content["arguments"]
    options = [f"{name} {shlex.quote(value)}" for name, value in zip(arguments[::2], arguments[1::2], strict=True)]
    exports = [f"{name}={shlex.quote(value)}" for name, value in rendered.content["environment"].items()]
    return templates.fill(
        TARGET.name,
        "spark-submit.sh.j2",
        {"comments": rendered.settings.comments, "exports": exports, "options": options},
    )


def _option(setting: Setting) -> tuple[str, str]:
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
