"""Target ``spark-defaults``: lines for spark-defaults.conf, or a file of their own for ``--properties-file``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_xacct.spark import properties
from spark_xacct.targets import grouping, templates
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import Settings


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    return {"properties": settings.spark}


def write(rendered: Rendered) -> Mapping[str, str]:
    groups = [
        (reason, [properties.line(setting.name, setting.value) for setting in group])
        for reason, group in grouping.by_reason(rendered.settings.spark_settings())
    ]
    values = {"comments": rendered.settings.comments, "groups": groups}
    return {"spark-defaults.conf": templates.fill(TARGET.name, "spark-defaults.conf.j2", values)}


TARGET = register(
    Target(
        name="spark-defaults",
        doc="lines for spark-defaults.conf, or a file for --properties-file",
        content=content,
        write=write,
        limits="none known; Kubernetes takes 1,048,576 bytes of settings in cluster mode",
    )
)
