"""One driver process, one application after the other with another default role: who plain boto3 is in each, and between them."""

import os
import sys

import boto3
from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

FIRST, SECOND, WITHOUT = sys.argv[1:4]
AWS = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def plain():
    return boto3.Session().client("sts").get_caller_identity()["Arn"]


def named():
    return xacct.client("sts", role="sink").get_caller_identity()["Arn"]


spark = xacct.start(SparkSession.builder.appName("first"), FIRST)
result(first=plain())
xacct.start(SparkSession.builder, FIRST)
result(again=plain())
result(refused=attempt(lambda: xacct.start(SparkSession.builder, SECOND)), after_refusal=[plain(), named()])
spark.stop()
result(stopped={"plain": attempt(plain), "named": attempt(named)})
spark = xacct.start(SparkSession.builder.appName("second"), SECOND)
result(second=plain())
os.environ["AWS_REGION"] = "eu-west-1"  # the user's own, from here on
spark.stop()
spark = xacct.start(SparkSession.builder.appName("without"), WITHOUT)
result(without=plain())
spark.stop()
now = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
result(
    restored=now == {**AWS, "AWS_REGION": "eu-west-1"},
    ours=[name for name in os.environ if name.startswith("SPARK_XACCT_")],
)
