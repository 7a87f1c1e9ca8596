"""Run by a real spark-submit: writes what the JVM took from it as JSON to the file in argv[1]. Starts no SparkContext."""

import json
import os
import sys

from pyspark import SparkConf, SparkContext

SparkContext._ensure_initialized()
conf = SparkConf(_jvm=SparkContext._jvm)
hadoop = SparkContext._jvm.org.apache.spark.deploy.SparkHadoopUtil.get().newConfiguration(conf._jconf)
shown = {}
for item in hadoop.iterator():
    name = item.getKey()
    if name.startswith("fs."):
        shown[name] = hadoop.get(name)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    environment = {name: value for name, value in os.environ.items() if name.startswith("SPARK_XACCT_")}
    json.dump(
        {"spark": dict(conf.getAll()), "hadoop": shown, "environment": environment, "arguments": sys.argv[2:]}, file
    )
