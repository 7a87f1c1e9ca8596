"""Every kind of Python code that Spark runs: who is plain boto3 there, and who is another role asked for by name."""

import os
import subprocess
import sys
import tempfile

import pandas
import pyspark
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from telling import attempt, result

import spark_xacct as xacct

DECLARATION, JAR = sys.argv[1:3]
SCHEMA = "who string"
CHILD = """
import sys
sys.path.insert(0, {jar!r})
import spark_xacct
print(spark_xacct.client("sts", role="sink").get_caller_identity()["Arn"])
"""

spark = xacct.start(SparkSession.builder.appName("kinds"), DECLARATION)
sc = spark.sparkContext
one = spark.range(0, 1, 1, 1)


def plain():
    import boto3

    return boto3.client("sts").get_caller_identity()["Arn"]


def named():
    return xacct.client("sts", role="sink").get_caller_identity()["Arn"]


def both():
    return f"{plain()} {named()}"


def frame(rows=1):
    return pandas.DataFrame({"who": [both()] * rows})


def answers(data):
    return sorted({row.who for row in data.collect()})


def rdd():
    return sc.parallelize([0], 1).map(lambda _: both()).collect()


def map_partitions():
    return sc.parallelize([0], 1).mapPartitions(lambda _: [both()]).collect()


def subprocess_of_a_worker():
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"

    def run(_):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return f"{done.stdout.strip()} {named()}"

    return sc.parallelize([0], 1).map(run).collect()


def pipe():
    """Spark gives its children the environment that is named here and nothing else: no library of AWS finds a role in it,
    and ours asks the ancestors."""
    lab = {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")}
    worker = sc.parallelize([0], 1).map(lambda _: sys.executable).first()
    script = CHILD.format(jar=JAR)

    def with_script(_):
        descriptor, path = tempfile.mkstemp(suffix=".py")
        os.write(descriptor, script.encode())
        os.close(descriptor)
        return path

    path = sc.parallelize([0], 1).map(with_script).first()
    return sc.parallelize(["x"], 1).pipe(f"{worker} {path}", lab).collect()


def udf():
    return answers(one.select(F.udf(lambda _: both(), "string")("id").alias("who")))


def arrow_optimised_udf():
    return answers(one.select(F.udf(lambda _: both(), "string", useArrow=True)("id").alias("who")))


def pandas_udf():
    @F.pandas_udf("string")
    def caller(ids: pandas.Series) -> pandas.Series:
        return pandas.Series([both()] * len(ids))

    return answers(one.select(caller("id").alias("who")))


def grouped_pandas_udf():
    @F.pandas_udf("string")
    def caller(ids: pandas.Series) -> str:
        return both()

    return answers(one.groupBy("id").agg(caller("id").alias("who")))


def arrow_udf():
    import pyarrow

    @F.arrow_udf("string")
    def caller(ids: pyarrow.Array) -> pyarrow.Array:
        return pyarrow.array([both()] * len(ids))

    return answers(one.select(caller("id").alias("who")))


def map_in_pandas():
    return answers(one.mapInPandas(lambda frames: (frame(len(each)) for each in frames), SCHEMA))


def map_in_arrow():
    import pyarrow

    def caller(batches):
        for _ in batches:
            yield pyarrow.RecordBatch.from_pydict({"who": [both()]})

    return answers(one.mapInArrow(caller, SCHEMA))


def apply_in_pandas():
    return answers(one.groupBy("id").applyInPandas(lambda _: frame(), SCHEMA))


def cogrouped_apply_in_pandas():
    return answers(one.groupBy("id").cogroup(one.groupBy("id")).applyInPandas(lambda _, __: frame(), SCHEMA))


def udtf():
    @F.udtf(returnType=SCHEMA)
    class Caller:
        def eval(self):
            yield (both(),)

    return answers(Caller())


def udtf_analyze():
    """Runs in a process of its own beside the driver."""
    from pyspark.sql.types import StringType, StructType
    from pyspark.sql.udtf import AnalyzeResult

    @F.udtf
    class Caller:
        @staticmethod
        def analyze() -> AnalyzeResult:
            return AnalyzeResult(schema=StructType().add(both(), StringType()))

        def eval(self):
            yield ("x",)

    return list(Caller().columns)


def data_source():
    from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

    class Reader(DataSourceReader):
        def partitions(self):
            return [InputPartition(both())]

        def read(self, partition):
            yield (both(), partition.value)

    class Source(DataSource):
        @classmethod
        def name(cls):
            return "callers"

        def schema(self):
            return "who string, planner string"

        def reader(self, schema):
            return Reader()

    spark.dataSource.register(Source)
    return [text for row in spark.read.format("callers").load().collect() for text in (row.who, row.planner)]


def foreach_batch():
    found = []
    stream = spark.readStream.format("rate").option("rowsPerSecond", 1).load()
    query = stream.writeStream.foreachBatch(lambda data, _: found.append(both())).trigger(once=True).start()
    query.awaitTermination()
    return sorted(set(found))


def foreach():
    written = sc.accumulator(0)
    expected = {both()}

    def check(_):
        if both() in expected:
            written.add(1)

    one.foreach(check)
    return sorted(expected) if written.value == 1 else [f"{written.value} of 1 rows"]


def driver():
    return [both()]


KINDS = (
    rdd, map_partitions, subprocess_of_a_worker, pipe, udf, arrow_optimised_udf, pandas_udf, grouped_pandas_udf, arrow_udf,
    map_in_pandas, map_in_arrow, apply_in_pandas, cogrouped_apply_in_pandas, udtf, udtf_analyze, data_source, foreach_batch,
    foreach, driver,
)  # fmt: skip
for kind in KINDS:
    result(**{kind.__name__: attempt(kind)})
result(spark=pyspark.__version__)
spark.stop()
