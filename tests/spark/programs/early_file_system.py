"""What a submitted program may find: its JVM has opened a bucket before start(), under the platform's provider."""

import sys

from pyspark import SparkContext
from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

SparkContext._ensure_initialized()
jvm = SparkContext._jvm
configuration = jvm.org.apache.hadoop.conf.Configuration()
for entry in jvm.org.apache.spark.SparkConf(True).getAll():
    if entry._1().startswith("spark.hadoop."):
        configuration.set(entry._1()[len("spark.hadoop.") :], entry._2())
configuration.set("fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider")
jvm.org.apache.hadoop.fs.FileSystem.get(jvm.java.net.URI("s3a://partner-data/"), configuration)

spark = xacct.start(SparkSession.builder.appName("early"), sys.argv[1])
result(**attempt(lambda: spark.read.json("s3a://partner-data/events/").count()))
spark.stop()
