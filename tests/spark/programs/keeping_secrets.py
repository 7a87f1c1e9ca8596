"""Uses every way to a credential, then stays up while it is searched; says what a program can see of itself."""

import pickle
import sys

from pyspark import cloudpickle
from pyspark.sql import SparkSession
from telling import attempt, pause, result

import spark_xacct as xacct

DECLARATION, QUEUE, PLANTED = sys.argv[1:4]
spark = xacct.start(SparkSession.builder.appName("secrets").config("spark.hadoop.test.planted", PLANTED), DECLARATION)
access = xacct.load(DECLARATION)


def publish(rows):
    queue = xacct.client("sqs", role="partner")
    print(f"planted: {PLANTED}", file=sys.stderr)
    for row in rows:
        queue.send_message(QueueUrl=QUEUE, MessageBody=str(row))
        yield 1


def hadoop_conf():
    entries, found = spark.sparkContext._jsc.hadoopConfiguration().iterator(), {}
    while entries.hasNext():
        entry = entries.next()
        found[entry.getKey()] = entry.getValue()
    return str(found)


session = xacct.boto3_session(role="partner")
session.client("sts").get_caller_identity()
assert spark.read.json("s3a://partner-data/events/").count() == 100
assert spark.sparkContext.parallelize(range(4), 2).mapPartitions(publish).sum() == 4
print(f"planted: {PLANTED}", file=sys.stderr)
refused = {
    "undeclared": lambda: spark.read.text("s3a://stranger/").count(),
    "denied hop": lambda: spark.range(5).write.json("s3a://partner-out/secrets/"),
    "denied by S3": lambda: spark.range(5).write.json("s3a://partner-data/secrets/"),
    "undeclared in Python": lambda: xacct.client("s3", role="nobody"),
    "denied hop in Python": lambda: xacct.client("sts", role="sink").get_caller_identity(),
    "denied by S3 in Python": lambda: xacct.client("s3", role="partner").put_object(Bucket="partner-data", Key="x"),
}
result(
    places={
        "conf": str(spark.sparkContext.getConf().getAll()),
        "hadoop conf": hadoop_conf(),
        "system properties": str(dict(spark.sparkContext._jvm.java.lang.System.getProperties())),
        **{f"exception: {name}": attempt(action)["error"] + PLANTED for name, action in refused.items()},
        "repr": repr([access, access.role_sessions, session, session.get_credentials(), access.plan, PLANTED]),
        "pickle": pickle.dumps([access, PLANTED]).decode("latin1"),
        "closure": cloudpickle.dumps([publish, session, PLANTED]).decode("latin1"),
    },
    endpoint=spark.sparkContext._jvm.io.sparkxacct.python.PythonSide.folderInForce(),
    ui=spark.sparkContext.uiWebUrl,
    application=spark.sparkContext.applicationId,
)
pause()
spark.stop()
