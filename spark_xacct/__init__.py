"""spark-xacct: one declaration of roles and buckets, the same AWS role chain in Spark's JVM and in Python.

Importing this package loads neither boto3 nor pyspark nor pydantic.
"""

from __future__ import annotations

from spark_xacct.version import __version__

__all__ = ["__version__"]
