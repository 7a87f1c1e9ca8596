"""A message from each of 64 partitions: once with a role session by hand, once with xacct.client; each job twice."""

import json
import sys
import time

from pyspark.sql import SparkSession

import spark_xacct as xacct

DECLARATION, QUEUE, ROLE = sys.argv[1:]
PARTITIONS = 64

spark = xacct.start(SparkSession.builder.appName("partitions"), DECLARATION)
context = spark.sparkContext


def by_hand(rows):
    import boto3

    keys = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="by-hand")["Credentials"]
    queue = boto3.client(
        "sqs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=str(row))
        yield 1


def with_client(rows):
    queue = xacct.client("sqs", role="reader")
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=str(row))
        yield 1


def import_boto3(rows):
    import boto3

    yield len(boto3.__version__)


def run(function):
    start = time.perf_counter()
    done = context.parallelize(range(PARTITIONS), PARTITIONS).mapPartitions(function).count()
    assert done == PARTITIONS
    return time.perf_counter() - start


run(import_boto3)
jobs = []
for _ in range(2):
    for who, function in (("by hand", by_hand), ("xacct", with_client)):
        started = time.time()
        jobs.append({"who": who, "seconds": run(function), "started": started, "ended": time.time()})
print("RESULT " + json.dumps({"spark": spark.version, "partitions": PARTITIONS, "jobs": jobs}))
spark.stop()
