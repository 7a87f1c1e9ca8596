"""Kills its executor and its own application master, the second attempt comes through; workers send messages in both."""

import os
import signal
import sys
from pathlib import Path

from pyspark.sql import SparkSession
from telling import result

import spark_xacct as xacct

QUEUE = sys.argv[1]
attempt = int(os.environ["CONTAINER_ID"].split("_")[-2])

spark = xacct.start(SparkSession.builder.appName("yarn-killed"))


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def kill(pid, name):
    assert name in Path(f"/proc/{pid}/cmdline").read_text(), pid
    os.kill(pid, signal.SIGKILL)


def publish(rows):
    queue = xacct.client("sqs", role="partner")
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=f"{attempt}-{row}")
        # The worker's parent is a daemon, and its parent the executor.
        yield parent(os.getppid())


def executor():
    return set(spark.sparkContext.parallelize(range(4), 2).mapPartitions(publish).collect())


def read():
    return spark.sparkContext.textFile("s3a://partner-data/events/").count()


result(read=read())
(first,) = executor()
if attempt == 1:
    kill(first, "ExecutorBackend")
    result(**{"read after a kill": read()})
    (second,) = executor()
    assert second != first
    kill(os.getppid(), "ApplicationMaster")
spark.sparkContext.textFile("s3a://partner-data/events/").saveAsTextFile("s3a://partner-out/killed/")
result(written=spark.sparkContext.textFile("s3a://partner-out/killed/").count())
result(run=spark.conf.get("spark.hadoop.fs.xacct.run"))
spark.stop()
