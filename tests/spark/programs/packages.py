"""Reads in an executor, and says what start left in the environment of this process."""

import os
import sys

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

spark = xacct.start(SparkSession.builder.appName("packages"), sys.argv[1])
result(
    **attempt(lambda: spark.read.json("s3a://partner-data/events/").count()),
    submit_arguments=os.environ.get("PYSPARK_SUBMIT_ARGS"),
)
spark.stop()
