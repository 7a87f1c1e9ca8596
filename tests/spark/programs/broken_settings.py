"""A plan arrived with spark-defaults.conf, one of its lines did not: starts a session first, then asks start() to join it."""

import os

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct
from spark_xacct.spark import jar

path = str(jar.find({}))
jars = ",".join(filter(None, [os.environ.get("HADOOP_AWS_JARS"), path]))
SparkSession.builder.appName("broken").config("spark.submit.pyFiles", path).config("spark.jars", jars).getOrCreate()
result(**attempt(lambda: str(xacct.start(SparkSession.builder))))
