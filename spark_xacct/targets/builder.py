"""Target ``builder``: Python lines for a SparkSession builder, for those who do not call ``start`` or ``configure``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spark_xacct.targets import limits, templates
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import Settings


def content(settings: Settings) -> Mapping[str, Any]:
    # The driver is this process: its variables are set here, not by a cluster manager.
    config = {setting.name: setting.value for setting in settings.spark_settings(driver=())}
    # PySpark hands a builder's values to spark-submit as --conf arguments.
    limits.check_command(TARGET.name, limits.as_configuration_arguments(config.items()))
    return {"config": config, "environment": settings.environment_by_name}


def write(rendered: Rendered) -> str:
    values: dict[str, Any] = {"comments": rendered.settings.comments}
    for kind in ("config", "environment"):
        values[kind] = [(json.dumps(name), json.dumps(value)) for name, value in rendered.content[kind].items()]
    return templates.fill(TARGET.name, "builder.py.j2", values)


TARGET = register(
    Target(
        name="builder",
        doc="Python lines for SparkSession.builder, before the JVM starts",
        content=content,
        write=write,
        limits=f"{limits.ARGUMENT_MAXIMUM_BYTES:,} bytes a setting: PySpark makes arguments of spark-submit of them",
    )
)
