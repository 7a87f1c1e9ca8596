"""A program for spark-submit that calls start() itself: with a declaration, or with the plan that was submitted."""

import sys

import pyspark
from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

QUEUE = sys.argv[1]
FILE = sys.argv[2] if len(sys.argv) > 2 else None


def publish(rows):
    queue = xacct.client("sqs", role="partner")
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=str(row))
        yield 1


def job():
    spark = xacct.start(SparkSession.builder.appName("submitted"), FILE)
    rows = spark.read.json("s3a://partner-data/events/").count()
    sent = spark.sparkContext.parallelize(range(10), 2).mapPartitions(publish).sum()
    spark.stop()
    return [rows, sent]


result(pyspark=pyspark.__file__, **attempt(job))
