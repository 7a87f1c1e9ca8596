"""Four workers and the JVM use role sessions without a pause for a while; each counts what it did and what failed."""

import sys
import threading
import time

from pyspark.sql import SparkSession
from telling import result

import spark_xacct as xacct

DECLARATION, SECONDS = sys.argv[1], float(sys.argv[2])
spark = xacct.start(SparkSession.builder.appName("under-load"), DECLARATION)


def use(number):
    """One worker: plain boto3 and two roles by name in turn, by clients that live as long as the worker."""
    import boto3

    clients = boto3.client("sts"), xacct.client("sts", role="partner"), xacct.client("sts", role="sink")
    done, failures = 0, []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            clients[done % 3].get_caller_identity()
            done += 1
        except Exception as error:
            failures.append(str(error).splitlines()[0])
        time.sleep(0.1)
    return [(done, failures)]


workers = []
thread = threading.Thread(
    target=lambda: workers.extend(spark.sparkContext.parallelize(range(4), 4).mapPartitions(use).collect())
)
thread.start()
reads, failed = 0, []
while thread.is_alive():
    try:
        for bucket in ("partner-data", "partner-out"):
            assert spark.read.json(f"s3a://{bucket}/events/").count() == 100
        reads += 2
    except Exception as error:
        failed.append(str(error).splitlines()[0])
thread.join()
result(
    reads=reads,
    failed=failed,
    calls=[done for done, _ in workers],
    failures=[text for _, some in workers for text in some],
)
spark.stop()
