"""Target ``core-site``: Hadoop XML for a JVM without Spark (``hadoop fs``, distcp, HiveServer2) or a whole cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_xacct.targets import templates
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import Settings


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    return {"properties": {setting.name: setting.value for setting in settings.hadoop}}


def write(rendered: Rendered) -> Mapping[str, str]:
    values = {"comments": rendered.settings.comments, "settings": rendered.settings.hadoop}
    return {"core-site.xml": templates.fill(TARGET.name, "core-site.xml.j2", values, xml=True)}


TARGET = register(
    Target(
        name="core-site",
        doc="properties for core-site.xml: a JVM without Spark, or a whole cluster",
        content=content,
        write=write,
        limits="none known",
    )
)
