"""How long an executor and its workers wait for a role session; each task has a worker of its own, with boto3 imported."""

import json
import sys
import time

from pyspark.sql import SparkSession

import spark_xacct as xacct

SIDE, PLAN, ROLE, ARN, WORKERS = *sys.argv[1:5], int(sys.argv[5])
QUESTIONS, REQUESTS = 400, 50

spark = xacct.start(SparkSession.builder.appName("latencies"), PLAN)
context = spark.sparkContext


def timed(action):
    """Seconds that it takes, and those of them that this process had a processor for."""
    start, processor = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - start, time.process_time() - processor


def role_session(boto3):
    return [timed(lambda: xacct.boto3_session(role=ROLE).get_credentials().get_frozen_credentials())]


def own_assume_role(boto3):
    def assume():
        keys = boto3.client("sts").assume_role(RoleArn=ARN, RoleSessionName="by-hand")["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        session.get_credentials().get_frozen_credentials()

    return [timed(assume)]


def plain_client(boto3):
    # It looks for its credentials while it is made.
    return [timed(lambda: boto3.client("sqs"))]


def endpoint_request(boto3):
    import os
    from datetime import datetime, timezone

    from spark_xacct.aws import endpoint
    from spark_xacct.aws.endpoint_request import EndpointRequest

    request = EndpointRequest(endpoint.find(os.environ), ROLE, lambda: datetime.now(timezone.utc))
    return [timed(request.fetch) for _ in range(REQUESTS)]


def in_workers(function):
    def task(rows):
        import boto3

        return function(boto3)

    started = time.time()
    values = context.parallelize(range(WORKERS), WORKERS).mapPartitions(task).collect()
    seconds, processor = zip(*values, strict=True)
    return {"seconds": seconds, "processor": processor, "started": started, "ended": time.time()}


def asks():
    plan, roles = json.loads(context._jvm.io.sparkxacct.Status.json())["plan"], "reader,auditor"
    query = f"SELECT java_method('io.sparkxacct.spark.AskTimer', 'microseconds', '{plan}', '{roles}', {QUESTIONS})"
    ((told,),) = spark.sql(f"{query} FROM range(0, 1, 1, 1)").collect()
    # The first questions load classes and are compiled.
    values = [int(value) / 1e6 for value in told.split(",")[QUESTIONS // 4 :]]
    return {"seconds": values, "processor": [], "started": 0, "ended": 0}


spark.range(1).count()
jobs = {"plain client": in_workers(plain_client), "role session": in_workers(role_session)}
if SIDE == "with hook":
    jobs["endpoint request"] = in_workers(endpoint_request)
    jobs["ask"] = asks()
else:
    jobs["own AssumeRole"] = in_workers(own_assume_role)
print("RESULT " + json.dumps({"spark": spark.version, "jobs": jobs}))
spark.stop()
