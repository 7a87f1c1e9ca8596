"""A Spark Connect client: nothing can be set here, everything can be asked."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from telling import attempt, result

import spark_xacct as xacct

DECLARATION, OTHER = sys.argv[1:3]


def both():
    import boto3

    plain = boto3.client("sts").get_caller_identity()["Arn"]
    return f"{plain} {xacct.client('sts', role='sink').get_caller_identity()['Arn']}"


def named():
    return xacct.client("sts", role="sink").get_caller_identity()["Arn"]


spark = SparkSession.builder.getOrCreate()
result(read=int(spark.read.json("s3a://partner-data/events/").count()))
one = spark.range(0, 1, 1, 1)
result(udf=[row.who for row in one.select(F.udf(lambda _: both(), "string")("id").alias("who")).collect()])
result(status=spark.sql("SELECT java_method('io.sparkxacct.session.JvmSessions', 'status')").first()[0])
result(start=attempt(lambda: xacct.start(SparkSession.builder, DECLARATION)))
result(identities=xacct.whoami(spark, DECLARATION).to_dict(), other=attempt(lambda: xacct.whoami(spark, OTHER)))


def batch(data, _):
    data.sparkSession.createDataFrame([(named(),)], "who string").createOrReplaceGlobalTempView("callers")


stream = spark.readStream.format("rate").option("rowsPerSecond", 1).load()
query = stream.writeStream.foreachBatch(batch).trigger(once=True).start()
query.awaitTermination()
result(foreach_batch=[row.who for row in spark.table("global_temp.callers").collect()])
spark.stop()
