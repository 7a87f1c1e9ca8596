"""Target ``aws-profile-process``: an AWS configuration file whose profiles run ``spark-xacct credentials``, which carries every field.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets import profiles, templates
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import Flavour, Settings


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    access_map = settings.plan.access_map
    names = profiles.roles(TARGET.name, access_map)
    problems = list(profiles.problems(access_map))
    if problems:
        raise TargetError("\n".join(f"{TARGET.name}: {problem}" for problem in problems))
    sections = {
        profiles.section(name): {
            "credential_process": command(name, settings.plan.text),
            "region": access_map.sts.region,
        }
        for name in names
    }
    default = access_map.python_default_role
    if default is not None and access_map.base.kind not in profiles.BEFORE_PROCESS:
        sections[profiles.DEFAULT] = sections[profiles.section(default)]
    return {"sections": sections}


def command(role: str, plan_text: str) -> str:
    """The command of one role's profile. It holds the plan itself: a file would have a path, and every host another one."""
    return " ".join(map(shlex.quote, ("spark-xacct", "credentials", "--role", role, "--plan", plan_text)))


def write(rendered: Rendered) -> Mapping[str, str]:
    values = profiles.for_people(rendered, profiles.BEFORE_PROCESS)
    return {"config": templates.fill(TARGET.name, "config.j2", values)}


TARGET = register(
    Target(
        name=profiles.PROCESS,
        doc="the same with credential_process, which carries every field of a role",
        content=content,
        write=write,
        limits="spark-xacct and its dependencies must be installed where the profiles are used",
        # Of no account here.
        default_release="spark-4",
        python_only=True,
        flavours=(Flavour.SHIM,),
    )
)
