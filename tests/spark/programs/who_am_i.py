"""Asks who is who in the running application, and shows it as people and programs see it."""

import sys

from pyspark.sql import SparkSession
from telling import attempt, result

import spark_xacct as xacct

DECLARATION, OTHER = sys.argv[1:3]
spark = xacct.start(SparkSession.builder.appName("who-am-i"), DECLARATION)
found = xacct.whoami(spark)
result(identities=found.to_dict(), table=str(found), html=found._repr_html_())
result(other=attempt(lambda: xacct.whoami(spark, OTHER)))
spark.stop()
