"""A plan arrived with spark-defaults.conf, one of its lines did not: starts a session first, then asks start() to join it."""

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct
from spark_xacct.spark import jar

builder = SparkSession.builder.appName("broken").config("spark.submit.pyFiles", str(jar.find({})))
builder.getOrCreate()
result(**attempt(lambda: str(xacct.start(SparkSession.builder))))
