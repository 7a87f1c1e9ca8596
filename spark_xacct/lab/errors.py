"""The lab's own errors."""

from __future__ import annotations

from spark_xacct.errors import XacctError


class LabError(XacctError):
    """The lab cannot start or do what was asked; says what and what to do."""


class LabUsageError(LabError):
    """What the lab was told to use cannot be used."""

    exit_code = 2
