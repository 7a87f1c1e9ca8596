"""A plan as it is named on the command line."""

from __future__ import annotations

import os

from spark_xacct import plan


def absolute(plan_text: str) -> str:
    """A relative file as the shell means it; plans themselves name absolute ones, because each host has another folder."""
    prefix = plan.text.FILE_PREFIX
    return prefix + os.path.abspath(plan_text[len(prefix) :]) if plan_text.startswith(prefix) else plan_text
