"""One Python process, as a notebook's kernel: start, stop, edit the declaration, start again."""

import sys

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

FIRST, SECOND, QUEUE = sys.argv[1:4]

spark = xacct.start(SparkSession.builder.appName("first"), FIRST)
result(first=[spark.read.json(f"s3a://{bucket}/events/").count() for bucket in ("partner-data", "partner-b1")])
again = xacct.start(SparkSession.builder, FIRST)
result(
    same_session=again.sparkContext is spark.sparkContext,
    other=attempt(lambda: xacct.start(SparkSession.builder, SECOND)),
)
spark.stop()

spark = xacct.start(SparkSession.builder.appName("second"), SECOND)
result(kept=spark.read.json("s3a://partner-data/events/").count())
result(removed=attempt(lambda: spark.read.json("s3a://partner-b1/events/").count()))
result(removed_python=attempt(lambda: xacct.client("s3", uri="s3a://partner-b1/")))
spark.stop()
