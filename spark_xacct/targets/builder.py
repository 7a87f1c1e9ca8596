"""Target ``builder``: Python lines for a SparkSession builder, for those who do not call ``start`` or ``configure``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spark_xacct import keys
from spark_xacct.targets import limits, templates
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import EXECUTOR_ENVIRONMENT, Settings


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    # The driver is this process: its variables are set here, not by a cluster manager.
    config = {setting.name: setting.value for setting in settings.spark_settings(driver=())}
    # PySpark hands a builder's values to spark-submit as --conf arguments.
    limits.check_command(TARGET.name, limits.as_configuration_arguments(config.items()))
    # Without one run id for all, every JVM and every worker would draw its own.
    drawn = [] if settings.run else [keys.SPARK_HADOOP_PREFIX + keys.RUN, EXECUTOR_ENVIRONMENT + keys.RUN_ENVIRONMENT]
    return {"config": config, "environment": settings.environment_by_name, "drawn": drawn}


def write(rendered: Rendered) -> Mapping[str, str]:
    drawn = [json.dumps(name) for name in rendered.content["drawn"]]
    values: dict[str, Any] = {"comments": rendered.settings.comments, "variable": json.dumps(keys.RUN_ENVIRONMENT)}
    values["drawn"] = drawn
    for kind in ("config", "environment"):
        values[kind] = [(json.dumps(name), json.dumps(value)) for name, value in rendered.content[kind].items()]
    return {"settings.py": templates.fill(TARGET.name, "builder.py.j2", values)}


TARGET = register(
    Target(
        name="builder",
        doc="Python lines for SparkSession.builder, before the JVM starts",
        content=content,
        write=write,
        limits=f"{limits.ARGUMENT_MAXIMUM_BYTES:,} bytes a setting: PySpark makes arguments of spark-submit of them",
    )
)
