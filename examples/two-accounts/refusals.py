"""What must be refused, tried by a Spark job: each line of output says what was tried and what came of it."""

import sys

from pyspark.sql import SparkSession

import spark_xacct as xacct

spark = xacct.start(SparkSession.builder.appName("refusals"), sys.argv[1])
for tried in ("s3a://stranger/data/", "s3a://partner-out/counts/"):
    try:
        print(f"{tried}\tread {spark.read.text(tried).count()} rows")
    except Exception as error:
        lines = str(error).splitlines()
        print(f"{tried}\t{next((line for line in lines if 'Exception: ' in line), lines[0])}")
spark.stop()
