"""Reads and writes declared buckets as an application of YARN that got its plan from spark-submit; stays up if it is told to."""

import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession
from telling import result

import spark_xacct as xacct

BUCKETS = ("partner-data", "partner-b1")

spark = xacct.start(SparkSession.builder.appName("yarn-job"))
conf = spark.sparkContext.getConf()
result(run=conf.get("spark.hadoop.fs.xacct.run"), driver=[conf.get("spark.driver.host"), conf.get("spark.driver.port")])
result(read=[spark.read.json(f"s3a://{bucket}/events/").repartition(4).count() for bucket in BUCKETS])
rows = spark.read.json("s3a://partner-data/events/").repartition(4)
rows.write.mode("overwrite").parquet(f"s3a://partner-out/{sys.argv[1]}/")
result(written=spark.read.parquet(f"s3a://partner-out/{sys.argv[1]}/").count())


def caller(_=None):
    return xacct.client("sts", role="partner").get_caller_identity()["Arn"]


result(python=[caller(), *spark.sparkContext.parallelize(range(2), 2).map(caller).collect()])
if len(sys.argv) > 2:
    # In cluster mode nobody holds this program's standard input.
    told = Path(sys.argv[2])
    (told / "ready").touch()
    while not (told / "go on").exists():
        time.sleep(0.2)
spark.stop()
