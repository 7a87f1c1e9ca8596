"""A notebook in which somebody opened a bucket of our own before: under another identity, in a context that is gone."""

import sys

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

anonymous = "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"
spark = SparkSession.builder.config("spark.hadoop.fs.s3a.aws.credentials.provider", anonymous).getOrCreate()
jvm, configuration = spark.sparkContext._jvm, spark.sparkContext._jsc.hadoopConfiguration()
jvm.org.apache.hadoop.fs.FileSystem.get(jvm.java.net.URI("s3a://job-scratch/"), configuration)
result(without_a_plan=attempt(lambda: xacct.start(SparkSession.builder, sys.argv[1])))
spark.stop()

spark = xacct.start(SparkSession.builder.appName("later"), sys.argv[1])
result(**attempt(lambda: spark.read.json("s3a://job-scratch/notes/").count()))
spark.stop()
