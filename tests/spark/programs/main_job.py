"""Everything a job does to buckets of two other accounts: read, write, rename, multipart, UDFs, messages from workers."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from telling import pause, result

import spark_xacct as xacct

DECLARATION, QUEUE = sys.argv[1:3]
BUCKETS = ("partner-data", "partner-b1", "partner-b2", "partner-b3", "partner-b4")

spark = xacct.start(SparkSession.builder.appName("main-job"), DECLARATION)
result(plan=xacct.load(DECLARATION).plan.id, run=spark.conf.get("spark.hadoop.fs.xacct.run"))
result(read={bucket: spark.read.json(f"s3a://{bucket}/events/").count() for bucket in BUCKETS})
result(read_s3=spark.read.json("s3://partner-data/events/").count())


def publish(rows):
    queue = xacct.client("sqs", role="partner")
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=row)
        yield 1


@F.udf("string")
def caller(_):
    return xacct.client("sts", role="partner").get_caller_identity()["Arn"]


events = spark.read.json("s3a://partner-data/events/").repartition(4).select("id")
texts = [row.id for row in events.collect()]
result(sent=spark.sparkContext.parallelize([str(text) for text in texts], 4).mapPartitions(publish).sum())
result(udf=sorted(row.who for row in events.select(caller("id").alias("who")).distinct().collect()))
result(driver=xacct.client("sts", role="partner").get_caller_identity()["Arn"])

# Some 13 MB in one file: three parts of 5 MB.
lines = spark.range(200_000).select(F.sha2(F.col("id").cast("string"), 256).alias("line")).coalesce(1)
lines.write.mode("overwrite").text("s3a://partner-out/big/")
events.write.mode("overwrite").parquet("s3a://partner-out/ids/")
events.write.mode("append").parquet("s3a://partner-in/ids/")
jvm = spark.sparkContext._jvm
path = jvm.org.apache.hadoop.fs.Path
file_system = path("s3a://partner-out/").getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
result(renamed=file_system.rename(path("s3a://partner-out/big"), path("s3a://partner-out/bigger")))
result(
    big=spark.read.text("s3a://partner-out/bigger/").count(), ids=spark.read.parquet("s3a://partner-out/ids/").count()
)
result(ui=spark.sparkContext.uiWebUrl, application=spark.sparkContext.applicationId)
if "--pause" in sys.argv:
    pause()
spark.stop()
