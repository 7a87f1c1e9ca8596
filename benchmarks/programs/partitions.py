"""A message from each of 64 partitions under one of two roles behind a hub, each job twice: role sessions by hand in each
partition, by hand and kept in each worker, and xacct.client."""

import json
import sys
import time

from pyspark.sql import SparkSession

import spark_xacct as xacct

PLAN, HUB, *SINKS = sys.argv[1:]
# Role, ARN and queue, by turns.
SINKS = [sink.split(",") for sink in SINKS]
PARTITIONS = 64

spark = xacct.start(SparkSession.builder.appName("partitions"), PLAN)
context = spark.sparkContext


def by_hand(arn):
    import boto3

    def assumed(client, arn):
        keys = client.assume_role(RoleArn=arn, RoleSessionName="by-hand")["Credentials"]
        return {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }

    hub = assumed(boto3.client("sts"), HUB)
    return boto3.client("sqs", **assumed(boto3.client("sts", **hub), arn))


def in_each_partition(name, arn):
    return by_hand(arn)


def kept_in_each_worker(name, arn):
    import boto3

    # Where a module of the job's own would keep them: what this function closes over is new in each task.
    kept = vars(boto3).setdefault("kept_by_this_job", {})
    if name not in kept:
        kept[name] = by_hand(arn)
    return kept[name]


def with_client(name, arn):
    return xacct.client("sqs", role=name)


def sending(make):
    def send(index, rows):
        name, arn, url = SINKS[index % len(SINKS)]
        queue = make(name, arn)
        for row in rows:
            queue.send_message(QueueUrl=url, MessageBody=str(row))
            yield 1

    return send


def import_boto3(index, rows):
    import boto3

    yield len(boto3.__version__)


def run(function):
    start = time.perf_counter()
    done = context.parallelize(range(PARTITIONS), PARTITIONS).mapPartitionsWithIndex(function).count()
    assert done == PARTITIONS
    return time.perf_counter() - start


run(import_boto3)
jobs = []
for _ in range(2):
    for make in (in_each_partition, kept_in_each_worker, with_client):
        started = time.time()
        jobs.append({"who": make.__name__, "seconds": run(sending(make)), "started": started, "ended": time.time()})
print("RESULT " + json.dumps({"spark": spark.version, "partitions": PARTITIONS, "jobs": jobs}))
spark.stop()
