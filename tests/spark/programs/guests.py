"""What others have put into this application is there, and so is what start() put beside it."""

import sys

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

spark = xacct.start(SparkSession.builder.appName("guests"), sys.argv[1])
sc = spark.sparkContext


def seen(_):
    import importlib
    import os

    import boto3

    def mark(module):
        try:
            return importlib.import_module(module).MARK
        except ImportError:
            return None

    return {
        "daemon": os.environ.get("CORP_DAEMON"),
        "on_path": mark("corp_on_path"),
        "py_file": mark("corp_py_file"),
        "plain": boto3.client("sts").get_caller_identity()["Arn"],
    }


properties = sc._jvm.java.lang.System
result(
    plugins=sc.getConf().get("spark.plugins.defaultList"),
    files=sc.getConf().get("spark.submit.pyFiles", ""),
    driver=properties.getProperty("corp.driver"),
    executor=properties.getProperty("corp.executor"),
    worker=attempt(lambda: sc.parallelize([0], 1).map(seen).first()),
)
spark.stop()
