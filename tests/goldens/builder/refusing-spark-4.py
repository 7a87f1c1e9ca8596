# plan 826f72ce3fa3: 3 roles, 2 buckets, base irsa
# STS: 2 hops, about 4 calls an hour where the driver may tell executors (YARN, or spark.authenticate with spark.network.crypto.enabled), else as many in each JVM (a driver and 10 executors: about 44)
# Values set on a builder override spark-defaults.conf: if spark.jars or spark.submit.pyFiles is set there, join the paths
# with a comma, or call spark_xacct.configure(builder, file), which does that.
import os

from pyspark.sql import SparkSession

os.environ.update(
    {
        "SPARK_XACCT_PLAN": "<part 1 of plan 826f72ce3fa3>",
        "SPARK_XACCT_PLAN_2": ".",
        "SPARK_XACCT_RUN": "run-1",
        "SPARK_XACCT_USER": "o'neil",
    }
)
builder = SparkSession.builder
builder = builder.config("spark.jars", "/opt/spark xacct/spark-xacct-0.1.0.jar")
builder = builder.config("spark.submit.pyFiles", "/opt/spark xacct/spark-xacct-0.1.0.jar")
builder = builder.config("spark.plugins.defaultList", "io.sparkxacct.spark.CrossAccountPlugin")
builder = builder.config("spark.hadoop.fs.xacct.plan", "<part 1 of plan 826f72ce3fa3>")
builder = builder.config("spark.hadoop.fs.xacct.plan.2", ".")
builder = builder.config("spark.hadoop.fs.xacct.about", "plan 826f72ce3fa3: 3 roles, 2 buckets, base irsa")
builder = builder.config("spark.hadoop.fs.xacct.run", "run-1")
builder = builder.config("spark.hadoop.fs.xacct.user", "o'neil")
builder = builder.config("spark.hadoop.fs.s3.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem")
builder = builder.config("spark.hadoop.fs.AbstractFileSystem.s3.impl", "org.apache.hadoop.fs.s3a.S3A")
builder = builder.config("spark.hadoop.fs.s3n.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem")
builder = builder.config("spark.hadoop.fs.AbstractFileSystem.s3n.impl", "org.apache.hadoop.fs.s3a.S3A")
builder = builder.config("spark.hadoop.fs.s3a.aws.credentials.provider", "io.sparkxacct.s3a.S3ARoleCredentialsProvider")
builder = builder.config("spark.hadoop.fs.s3a.audit.execution.interceptors", "io.sparkxacct.s3a.RoleInterceptor")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-out.endpoint.region", "us-east-1")
builder = builder.config("spark.executorEnv.SPARK_XACCT_PLAN", "<part 1 of plan 826f72ce3fa3>")
builder = builder.config("spark.executorEnv.SPARK_XACCT_PLAN_2", ".")
builder = builder.config("spark.executorEnv.SPARK_XACCT_RUN", "run-1")
builder = builder.config("spark.executorEnv.SPARK_XACCT_USER", "o'neil")
