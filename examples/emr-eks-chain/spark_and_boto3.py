"""Spark reads account B's files, boto3 in its workers fills account B's queue. Nothing here knows of roles or of spark-xacct."""

import json
import sys

import boto3
from pyspark.sql import SparkSession

SOURCE, QUEUE, REGION = sys.argv[1:4]


def send(rows):
    caller = boto3.client("sts", region_name=REGION).get_caller_identity()["Arn"]
    queue = boto3.client("sqs", region_name=REGION)
    sent = 0
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=json.dumps(row.asDict(), default=str))
        sent += 1
    yield caller, sent


spark = SparkSession.builder.appName("emr-eks-chain").getOrCreate()
parts = spark.read.parquet(SOURCE).rdd.mapPartitions(send).collect()
for caller in sorted({caller for caller, _ in parts}):
    print(f"sent={sum(sent for by, sent in parts if by == caller)} as={caller}")
spark.stop()
