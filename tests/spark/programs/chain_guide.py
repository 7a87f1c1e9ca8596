"""A job as it is written without spark-xacct: Spark reads one account's files, boto3 in its workers fills another's queue."""

import json
import sys

import boto3
from pyspark.sql import SparkSession

SOURCE, QUEUE, REGION = sys.argv[1:4]


def send(rows):
    identity = boto3.client("sts", region_name=REGION).get_caller_identity()["Arn"]
    queue = boto3.client("sqs", region_name=REGION)
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=json.dumps(row.asDict()))
    yield identity


if __name__ == "__main__":
    spark = SparkSession.builder.appName("chain-guide").getOrCreate()
    rows = spark.read.parquet(SOURCE)
    callers = rows.rdd.mapPartitions(send).distinct().collect()
    print("RESULT " + json.dumps({"rows": rows.count(), "callers": callers}))
    spark.stop()
