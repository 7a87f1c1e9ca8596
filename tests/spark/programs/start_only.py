"""Starts with a declaration and says which text a user gets when that fails."""

import sys

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

FILE = sys.argv[1] if len(sys.argv) > 1 else None
outcome = attempt(lambda: xacct.start(SparkSession.builder.appName("start"), FILE).sparkContext.applicationId)
result(**outcome)
