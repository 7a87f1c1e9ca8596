"""Stats one file in each bucket on the driver and reads all of them on every executor, then again for some seconds."""

import json
import sys
import time

from pyspark.sql import SparkSession

SIDE, PLAN, SECONDS, *BUCKETS = sys.argv[1:]
builder = SparkSession.builder.appName("read-buckets")
if SIDE == "hadoop":
    spark = builder.getOrCreate()
else:
    import spark_xacct as xacct

    spark = xacct.start(builder, PLAN)
context = spark.sparkContext
configuration = context._jsc.hadoopConfiguration()
jvm = context._jvm


def first_stat(bucket):
    start = time.perf_counter()
    path = jvm.org.apache.hadoop.fs.Path(f"s3a://{bucket}/rows.txt")
    path.getFileSystem(configuration).getFileStatus(path)
    return time.perf_counter() - start


def read_all():
    for bucket in BUCKETS:
        # Through the JVM's own API: no Python worker has a part in this.
        assert context._jsc.textFile(f"s3a://{bucket}/rows.txt", 6).count() == 600


# Waits until every executor is up: on a small machine their start would be timed too.
spark.range(12, numPartitions=6).count()
stats = [first_stat(bucket) for bucket in BUCKETS]
read_all()
second_round = time.time()
read_all()
while time.time() < second_round + float(SECONDS):
    time.sleep(1)
    read_all()
hadoop = jvm.org.apache.hadoop.util.VersionInfo.getVersion()
print("RESULT " + json.dumps({"spark": spark.version, "hadoop": hadoop, "stats": stats, "second_round": second_round}))
spark.stop()
