"""Reads another account's bucket through a role chain, writes to a third account, and sends SQS messages from workers."""

import sys

from pyspark.sql import SparkSession

import spark_xacct as xacct

DECLARATION, QUEUE = sys.argv[1:3]

spark = xacct.start(SparkSession.builder.appName("two-accounts"), DECLARATION)
events = spark.read.json("s3a://partner-data/events/")


def publish(rows):
    queue = xacct.client("sqs", role="partner")
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=row)
        yield 1


sent = events.toJSON().mapPartitions(publish).sum()
events.groupBy("kind").count().write.mode("overwrite").parquet("s3a://partner-out/counts/")
print(f"rows={events.count()} sent={sent} written={spark.read.parquet('s3a://partner-out/counts/').count()}")
spark.stop()
