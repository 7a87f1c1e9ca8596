"""Target ``emrfs-site``: Hadoop XML that only EMRFS reads, for EMR releases that have EMRFS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets import templates
from spark_xacct.targets.connectors import EMRFS
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.settings import Flavour, Settings


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    return {"properties": {setting.name: setting.value for setting in _read_by_emrfs(settings)}}


def write(rendered: Rendered) -> Mapping[str, str]:
    values = {"comments": rendered.settings.comments, "settings": _read_by_emrfs(rendered.settings)}
    return {"emrfs-site.xml": templates.fill(TARGET.name, "emrfs-site.xml.j2", values, xml=True)}


def _read_by_emrfs(settings: Settings) -> list[Setting]:
    release = settings.release
    if EMRFS.name not in [connector.name for connector in release.connectors]:
        raise TargetError(
            f"{TARGET.name}: {release.name} has no EMRFS; take `render core-site`, or an EMR label that has it"
        )
    return [setting for setting in settings.hadoop if not setting.name.startswith("fs.s3a.")]


TARGET = register(
    Target(
        name="emrfs-site",
        doc="properties for emrfs-site.xml, read by EMRFS only",
        content=content,
        write=write,
        limits="none known for the file; EMR takes 100 properties in one classification",
        # The newest label on which EMRFS serves s3:// without being asked to.
        default_release="emr-7.9.0",
        flavours=(Flavour.SHIM,),
    )
)
