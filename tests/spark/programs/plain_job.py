"""A user's plain script: it knows nothing of spark-xacct, but for one client in its workers."""

import sys

from pyspark.sql import SparkSession
from telling import result

QUEUE = sys.argv[1]
spark = SparkSession.builder.appName("plain").getOrCreate()


def publish(rows):
    import spark_xacct as xacct

    queue = xacct.client("sqs", role="partner")
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=str(row))
        yield 1


result(
    s3a=spark.read.json("s3a://partner-data/events/").count(), s3=spark.read.json("s3://partner-data/events/").count()
)
result(sent=spark.sparkContext.parallelize(range(10), 2).mapPartitions(publish).sum())
result(application=spark.sparkContext.applicationId)
spark.stop()
