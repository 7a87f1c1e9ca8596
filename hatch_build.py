"""Build hook: the wheel carries the jar of its own version and source, or there is no wheel."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class JarBuildHook(BuildHookInterface[Any]):
    """Checks that ``spark_xacct/jars`` holds exactly the jar of this version before a wheel is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
