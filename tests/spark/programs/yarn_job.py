"""Reads and writes declared buckets as an application of YARN that got its plan from spark-submit."""

from pyspark.sql import SparkSession
from telling import result

import spark_xacct as xacct

BUCKETS = ("partner-data", "partner-b1")

spark = xacct.start(SparkSession.builder.appName("yarn-job"))
result(run=spark.sparkContext.getConf().get("spark.hadoop.fs.xacct.run"))
result(read=[spark.read.text(f"s3a://{bucket}/events/").count() for bucket in BUCKETS])
spark.read.text("s3a://partner-data/events/").write.mode("overwrite").text("s3a://partner-out/client/")
result(written=spark.read.text("s3a://partner-out/client/").count())


def caller(_=None):
    return xacct.client("sts", role="partner").get_caller_identity()["Arn"]


result(python=[caller(), *spark.sparkContext.parallelize(range(2), 2).map(caller).collect()])
spark.stop()
