"""A lab with Spark, for tests of whole jobs."""

from __future__ import annotations

import sys
from typing import Any

from spark_xacct.errors import MissingDependencyError
from spark_xacct.lab import Lab
from spark_xacct.model import AccessMap


class JobLab(Lab):
    """The lab that the fixture ``xacct_lab`` gives: all of ``Lab``, and ``spark``."""

    def __init__(self, access_map: AccessMap, **options: Any) -> None:
        super().__init__(access_map, **options)
        self._declared = access_map

    def spark(self, **settings: str) -> Any:
        """A SparkSession on two local threads in which the declaration is in force and S3A leads to this lab.

        The session that runs already, if there is one. ``settings`` are Spark's, with ``__`` for each dot, and count for
        a new session only. Fetches hadoop-aws the first time (`lab jars`). Raises MissingDependencyError without pyspark.
        """
        try:
            from pyspark import __version__ as pyspark_version
            from pyspark.sql import SparkSession
        except ImportError:
            raise MissingDependencyError("xacct_lab.spark() needs pyspark; pip install pyspark") from None
        from spark_xacct.access import Access
        from spark_xacct.lab.jars import jar_set
        from spark_xacct.plan import encode

        jars = sorted(str(jar) for jar in jar_set(pyspark_version).glob("*.jar"))
        builder = SparkSession.builder.master("local[2]").appName("xacct-lab")
        values = {
            "spark.jars": ",".join(jars),
            "spark.ui.enabled": "false",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.pyspark.python": sys.executable,
            "spark.sql.shuffle.partitions": "2",
            **{name.replace("__", "."): value for name, value in settings.items()},
        }
        for name, value in values.items():
            builder = builder.config(name, value)
        return Access(encode(self._declared)).start(builder)

    def stop_spark(self) -> None:
        """Stops the SparkSession that runs in this process, if there is one."""
        if "pyspark.sql" in sys.modules:
            session = sys.modules["pyspark.sql"].SparkSession.getActiveSession()
            if session is not None:
                session.stop()

    def stop(self) -> None:
        """Stops Spark before the lab it talks to."""
        self.stop_spark()
        super().stop()
