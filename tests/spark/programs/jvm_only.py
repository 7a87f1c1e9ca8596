"""Reads and writes in executors' JVMs, of which several start one after the other."""

import sys

from pyspark.sql import SparkSession
from telling import result

import spark_xacct as xacct

BUCKETS = ("partner-data", "partner-b1", "partner-b2", "partner-b3", "partner-b4")

spark = xacct.start(SparkSession.builder.appName("jvm-only"), sys.argv[1])
result(read=[spark.read.json(f"s3a://{bucket}/events/").repartition(4).count() for bucket in BUCKETS])
rows = spark.read.json("s3a://partner-data/events/").repartition(4)
rows.write.mode("overwrite").parquet("s3a://partner-out/by-executors/")
result(
    written=spark.read.parquet("s3a://partner-out/by-executors/").count(),
    run=spark.conf.get("spark.hadoop.fs.xacct.run"),
)
result(application=spark.sparkContext.applicationId)
spark.stop()
