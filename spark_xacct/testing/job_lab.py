"""A lab with a SparkSession in it, for tests of whole jobs."""

from __future__ import annotations

from spark_xacct.lab import Lab


class JobLab(Lab):
    """The lab that the fixture ``xacct_lab`` gives: ``put``, ``get``, ``callers``, ``without``, ``faults``."""
