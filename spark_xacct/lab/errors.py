"""The lab's own error."""

from __future__ import annotations

from spark_xacct.errors import XacctError


class LabError(XacctError):
    """The lab cannot start or do what was asked; says what and what to do."""
