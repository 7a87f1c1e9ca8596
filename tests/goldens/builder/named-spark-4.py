# plan afe72d253bae: 3 roles, 4 buckets, base irsa
# STS: 3 hops, about 12 calls an hour where the driver may tell executors (YARN, or spark.authenticate with spark.network.crypto.enabled), else as many in each JVM (a driver and 10 executors: about 132)
# Values set on a builder override spark-defaults.conf: if spark.jars or spark.submit.pyFiles is set there, join the paths
# with a comma, or call spark_xacct.configure(builder, file), which does that.
import os

from pyspark.sql import SparkSession

os.environ.update(
    {
        "SPARK_XACCT_PLAN": "<part 1 of plan afe72d253bae>",
        "SPARK_XACCT_PLAN_2": ".",
        "SPARK_XACCT_RUN": "run-1",
        "SPARK_XACCT_USER": "o'neil",
    }
)
builder = SparkSession.builder
builder = builder.config("spark.jars", "/opt/spark xacct/spark-xacct-0.1.0.jar")
builder = builder.config("spark.submit.pyFiles", "/opt/spark xacct/spark-xacct-0.1.0.jar")
builder = builder.config("spark.plugins.defaultList", "io.sparkxacct.spark.CrossAccountPlugin")
builder = builder.config("spark.hadoop.fs.xacct.plan", "<part 1 of plan afe72d253bae>")
builder = builder.config("spark.hadoop.fs.xacct.plan.2", ".")
builder = builder.config("spark.hadoop.fs.xacct.about", "plan afe72d253bae: 3 roles, 4 buckets, base irsa")
builder = builder.config("spark.hadoop.fs.xacct.run", "run-1")
builder = builder.config("spark.hadoop.fs.xacct.user", "o'neil")
builder = builder.config("spark.hadoop.fs.s3.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem")
builder = builder.config("spark.hadoop.fs.AbstractFileSystem.s3.impl", "org.apache.hadoop.fs.s3a.S3A")
builder = builder.config("spark.hadoop.fs.s3n.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem")
builder = builder.config("spark.hadoop.fs.AbstractFileSystem.s3n.impl", "org.apache.hadoop.fs.s3a.S3A")
builder = builder.config("spark.hadoop.fs.s3a.bucket.logs.finance.example.aws.credentials.provider", "io.sparkxacct.s3a.S3ARoleCredentialsProvider")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider", "io.sparkxacct.s3a.S3ARoleCredentialsProvider")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-out.aws.credentials.provider", "io.sparkxacct.s3a.S3ARoleCredentialsProvider")
builder = builder.config("spark.hadoop.fs.s3a.bucket.scratch.aws.credentials.provider", "io.sparkxacct.s3a.S3ARoleCredentialsProvider")
builder = builder.config("spark.hadoop.fs.s3a.bucket.corp-code.aws.credentials.provider", "io.sparkxacct.s3a.S3ARoleCredentialsProvider")
builder = builder.config("spark.hadoop.fs.s3a.bucket.logs.finance.example.audit.execution.interceptors", "io.sparkxacct.s3a.RoleInterceptor")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-data.audit.execution.interceptors", "io.sparkxacct.s3a.RoleInterceptor")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-out.audit.execution.interceptors", "io.sparkxacct.s3a.RoleInterceptor")
builder = builder.config("spark.hadoop.fs.s3a.bucket.scratch.audit.execution.interceptors", "io.sparkxacct.s3a.RoleInterceptor")
builder = builder.config("spark.hadoop.fs.s3a.bucket.corp-code.audit.execution.interceptors", "io.sparkxacct.s3a.RoleInterceptor")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-out.endpoint.region", "us-east-1")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-out.encryption.algorithm", "SSE-KMS")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-out.encryption.key", "arn:aws:kms:us-east-1:444455556666:key/0a1b2c3d-1111-2222-3333-444455556666")
builder = builder.config("spark.hadoop.fs.s3a.bucket.partner-out.acl.default", "BucketOwnerFullControl")
builder = builder.config("spark.executorEnv.SPARK_XACCT_PLAN", "<part 1 of plan afe72d253bae>")
builder = builder.config("spark.executorEnv.SPARK_XACCT_PLAN_2", ".")
builder = builder.config("spark.executorEnv.SPARK_XACCT_RUN", "run-1")
builder = builder.config("spark.executorEnv.SPARK_XACCT_USER", "o'neil")
