"""Reads where executors are and in Python, then tells the status of executors and of the driver."""

import json
import sys

from pyspark.sql import SparkSession
from telling import result

import spark_xacct as xacct

spark = xacct.start(SparkSession.builder.appName("measured"), sys.argv[1])
result(read=spark.read.json("s3a://partner-data/events/").repartition(4).count())
in_python = spark.sparkContext.range(1).map(lambda _: xacct.client("sts", role="partner").get_caller_identity()["Arn"])
result(caller=in_python.first())
query = "SELECT java_method('io.sparkxacct.Status', 'json')"
result(
    queried=json.loads(spark.sql(query).first()[0]),
    everywhere=[json.loads(row[0]) for row in spark.sql(f"{query} FROM range(0, 8, 1, 8)").collect()],
    driver=json.loads(spark._jvm.io.sparkxacct.Status.json()),
    application=spark.sparkContext.applicationId,
)
spark.stop()
