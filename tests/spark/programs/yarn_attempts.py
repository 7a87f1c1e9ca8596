"""Reads, writes and sends messages in two attempts; the first waits until it is told to go on, and kills its executor and itself."""

import os
import signal
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession
from telling import result

import spark_xacct as xacct

BUCKETS = ("partner-data", "partner-b1")
QUEUE, TOLD = sys.argv[1], Path(sys.argv[2])
attempt = int(os.environ["CONTAINER_ID"].split("_")[-2])

spark = xacct.start(SparkSession.builder.appName("yarn-attempts"))
sc = spark.sparkContext


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def kill(pid, name):
    assert name in Path(f"/proc/{pid}/cmdline").read_text(), pid
    os.kill(pid, signal.SIGKILL)


def caller():
    return xacct.client("sts", role="partner").get_caller_identity()["Arn"]


def publish(rows):
    queue = xacct.client("sqs", role="partner")
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=f"attempt {attempt}, row {row}")
    # The worker's parent is a daemon, and its parent the executor.
    yield parent(os.getppid()), caller()


def publishing():
    """The executor that sent messages, and who its workers are for AWS."""
    found = sc.parallelize(range(4), 2).mapPartitions(publish).collect()
    (executor,) = {executor for executor, _ in found}
    return executor, sorted({who for _, who in found})


def lines(path):
    # One task: before each, Python of Spark 3.5 looks through all its zips anew.
    return sc.textFile(path).coalesce(1)


def read(bucket):
    return lines(f"s3a://{bucket}/events/").count()


def written():
    path = f"s3a://partner-out/attempt-{attempt}/"
    lines("s3a://partner-data/events/").saveAsTextFile(path)
    return lines(path).count()


conf = sc.getConf()
result(run=conf.get("spark.hadoop.fs.xacct.run"), driver=[conf.get("spark.driver.host"), conf.get("spark.driver.port")])
# Before anything reads: each attempt's driver and executor fetch their sessions for this.
seen = {"read": [read(bucket) for bucket in BUCKETS], "written": written()}
first, workers = publishing()
result(**{f"attempt {attempt}": {**seen, "python": [caller(), *workers]}})
if attempt == 1:
    # In cluster mode nobody holds this program's standard input.
    (TOLD / "ready").touch()
    while not (TOLD / "go on").exists():
        time.sleep(0.2)
    kill(first, "ExecutorBackend")
    after = {"read": [read(bucket) for bucket in BUCKETS]}
    second, workers = publishing()
    assert second != first
    result(**{"after a kill": {**after, "python": workers}})
    master = os.getppid()
    # What this program says passes through the JVM that it kills: the line with its end.
    while "\n" not in Path(f"/proc/{master}/fd/1").read_text().partition("after a kill")[2]:
        time.sleep(0.05)
    kill(master, "ApplicationMaster")
    time.sleep(60)
spark.stop()
