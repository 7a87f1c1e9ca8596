"""Reads and sends for some seconds while role sessions live for a few: nothing may fail."""

import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from telling import result

import spark_xacct as xacct

STARTED = time.monotonic()
DECLARATION, QUEUE, SECONDS = sys.argv[1], sys.argv[2], float(sys.argv[3])
spark = xacct.start(SparkSession.builder.appName("expiry"), DECLARATION)


def publish(rows):
    end = time.monotonic() + SECONDS / 12
    while time.monotonic() < end:
        xacct.client("sqs", role="partner").send_message(QueueUrl=QUEUE, MessageBody="x")
        time.sleep(0.5)
        yield 1


@F.udf("string")
def caller(_):
    return xacct.client("sts", role="partner").get_caller_identity()["Arn"]


callers = set()
end = time.monotonic() + SECONDS
rounds = rows = sent = 0
while time.monotonic() < end:
    rows += spark.read.json("s3a://partner-data/events/").count()
    sent += spark.sparkContext.parallelize(range(2), 2).mapPartitions(publish).sum()
    callers |= {row.who for row in spark.range(4, numPartitions=2).select(caller("id").alias("who")).collect()}
    rounds += 1
result(rounds=rounds, rows=rows, sent=sent, callers=sorted(callers), lasted=time.monotonic() - STARTED)
spark.stop()
