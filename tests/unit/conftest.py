"""Unit tests: no network, no JVM."""

from __future__ import annotations

from hypothesis import settings

# The machines that run this are shared: a slow moment is no finding.
settings.register_profile("spark-xacct", deadline=None, print_blob=True)
settings.load_profile("spark-xacct")
