"""What a user sees when something is wrong: one location after the other, the first line of each failure."""

import sys
import time

from pyspark.sql import SparkSession
from telling import pause, result

import spark_xacct as xacct

spark = xacct.start(SparkSession.builder.appName("refused"), sys.argv[1])
for name, location in (pair.split("=", 1) for pair in sys.argv[2:]):
    pause()
    begun = time.monotonic()
    try:
        result(**{name: {"rows": spark.read.text(location).count()}})
    except Exception as error:
        result(**{name: {"error": str(error), "seconds": time.monotonic() - begun}})
spark.stop()
