"""Files of settings as people have them, in every form that is read, and what becomes of them."""

from __future__ import annotations

import json
from typing import Any

from fakes.target_jobs import fitting
from fakes.target_plans import access_map, bound
from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.existing import MergedFile, merge_into
from spark_xacct.plan import Plan
from spark_xacct.targets import Rendered, files

# The shape of a 7.1.0 cluster's defaults: a class path of 1,186 characters, presets of EMR's, notes of people.
CLASS_PATH = ":".join(
    [
        *(f"/usr/lib/hadoop-lzo/lib/{number:03d}/*" for number in range(20)),
        "/usr/lib/hadoop/hadoop-aws.jar",
        "/usr/share/aws/aws-java-sdk/*",
        "/usr/share/aws/aws-java-sdk-v2/*",
        "/usr/share/aws/emr/goodies/lib/emr-spark-goodies.jar",
        "/docker/usr/lib/hadoop/hadoop-aws.jar",
    ]
)
CLASS_PATH += ":/usr/share/aws/" + "x" * (1_186 - len(CLASS_PATH) - len(":/usr/share/aws/"))
EMR_7_1 = f"""\
# Written by EMR; do not touch what you do not know.
spark.master                     yarn
spark.driver.extraClassPath      {CLASS_PATH}
spark.driver.extraLibraryPath    /usr/lib/hadoop/lib/native:/usr/lib/hadoop-lzo/lib/native
spark.executor.extraClassPath    {CLASS_PATH}
spark.dynamicAllocation.enabled  true
spark.shuffle.service.enabled    true
spark.yarn.dist.files            /etc/hudi/conf/hudi-defaults.conf
spark.hadoop.yarn.timeline-service.enabled false

# The data platform's own:
spark.jars=/opt/corp/lineage.jar,\\
  /opt/corp/metrics.jar
spark.plugins.defaultList : corp.Lineage
spark.executorEnv.PYTHONHASHSEED=0"""

CORE_SITE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Site specific settings. -->
<configuration>
    <property>
        <name>fs.defaultFS</name>
        <value>hdfs://namenode:8020</value>
        <final>true</final>
    </property>

    <!-- hooks of ours -->
    <property><name>fs.s3a.audit.execution.interceptors</name><value>corp.Hook</value></property>
    <property name="io.file.buffer.size" value="65536"/>
</configuration>
"""

EC2 = json.dumps(
    [
        {"Classification": "hadoop-env", "Properties": {}, "Configurations": [{"Classification": "export", "Properties": {"A": "b"}}]},
        {"Classification": "core-site", "Properties": {"fs.s3.maxConnections": "200"}},
        {"Classification": "spark-defaults", "Properties": {"spark.jars": "s3://corp/lineage.jar", "spark.executor.memory": "4g"}},
    ],
    indent=2,
)  # fmt: skip

RUN_JOB_FLOW = json.dumps(
    {
        "Name": "nightly",
        "ReleaseLabel": "emr-7.12.0",
        "Instances": {
            "InstanceGroups": [
                {
                    "InstanceRole": "CORE",
                    "InstanceType": "m5.xlarge",
                    "InstanceCount": 2,
                    "Configurations": [
                        {"Classification": "spark-defaults", "Properties": {"spark.jars": "s3://corp/core.jar"}}
                    ],
                }
            ]
        },
        "Configurations": [{"Classification": "spark-defaults", "Properties": {"spark.jars": "s3://corp/all.jar"}}],
        "Steps": [
            {
                "Name": "job",
                "HadoopJarStep": {
                    "Jar": "command-runner.jar",
                    "Args": [
                        "spark-submit",
                        "--deploy-mode",
                        "cluster",
                        "--jars",
                        "s3://corp/step.jar",
                        "s3://corp/job.py",
                    ],
                },
            }
        ],
        "JobFlowRole": "EMR_EC2_DefaultRole",
    },
    indent=4,
)

EKS = json.dumps(
    {
        "name": "nightly",
        "virtualClusterId": "0123456789abcdef",
        "executionRoleArn": "arn:aws:iam::111122223333:role/etl",
        "releaseLabel": "emr-7.12.0-latest",
        "jobDriver": {
            "sparkSubmitJobDriver": {
                "entryPoint": "s3://corp/job.py",
                "sparkSubmitParameters": "--jars s3://corp/lineage.jar  --conf spark.executor.memory=4g --conf \"spark.app.name=a b\"",
            }
        },
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": {"spark.dynamicAllocation.enabled": "false"}},
                {"classification": "emrfs-site", "properties": {"fs.s3.maxConnections": "100"}},
            ],
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://corp/logs/"}},
        },
    },
    indent=2,
)  # fmt: skip

SERVERLESS = json.dumps(
    {
        "applicationId": "00fabcdefg",
        "executionRoleArn": "arn:aws:iam::111122223333:role/etl",
        "jobDriver": {
            "sparkSubmit": {"entryPoint": "s3://corp/job.py", "sparkSubmitParameters": "--conf spark.executor.cores=2"}
        },
    },
    indent=2,
)

LIVY = '%%configure -f\n{\n  "conf": {"spark.executor.memory": "4g", "spark.jars": "s3://corp/lineage.jar"}\n}\n'

FILES = {
    "spark-defaults.conf": EMR_7_1,
    "core-site.xml": CORE_SITE,
    "configurations.json": EC2,
    "run-job-flow.json": RUN_JOB_FLOW,
    "start-job-run.json": EKS,
    "serverless.json": SERVERLESS,
    "cell.txt": LIVY,
}

GLUE = json.dumps(
    {
        "Name": "nightly",
        "Role": "arn:aws:iam::111122223333:role/etl",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://corp/job.py"},
        "GlueVersion": "5.1",
        "DefaultArguments": {
            "--conf": "spark.sql.shuffle.partitions=10 --conf spark.executorEnv.A=b",
            "--extra-files": "s3://corp/a.json",
            "--job-language": "python",
        },
    },
    indent=2,
)
# The target whose service reads a file; the others of EMR do not.
SERVICES = {
    "configurations.json": "emr-ec2",
    "run-job-flow.json": "emr-ec2",
    "start-job-run.json": "emr-eks",
    "serverless.json": "emr-serverless",
}


def is_of_another_service(target: str, name: str) -> bool:
    return target in SERVICES.values() and SERVICES.get(name, target) != target


JAR = "/opt/spark-xacct-0.1.0.jar"
S3A = "io.sparkxacct.s3a.S3ARoleCredentialsProvider"
HADOOP_PROVIDER = "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider"
ONE = plans.encode(access_map(bound("partner-data", "partner"), python_default_role=None, python_roles=()))
PROVIDER = "fs.s3a.bucket.partner-data.aws.credentials.provider"


_RENDERED: dict[Any, Rendered] = {}


def rendered(target: str = "spark-defaults", plan: Plan = ONE, release: str = "emr-7.12.0", **how: Any) -> Rendered:
    """Made once: the same plan renders the same settings."""
    key = (target, plan.id, release, *how.items())
    if key not in _RENDERED:
        fits, job = fitting(target, plan)
        _RENDERED[key] = targets.render(target, fits, release, jar=JAR, job=job, **how)
    return _RENDERED[key]


def merged(text: str, name: str = "file", by: Rendered | None = None, replace: bool = False) -> MergedFile:
    return merge_into(files.read(name, text), by or rendered(), replace)


def settings(text: str) -> dict[str, str]:
    """Everything that a file says, by one name for each, as it counts."""
    found: dict[str, str] = {}
    for place in files.read("file", text).places:
        found.update(place.settings)
    return found


# A value of others for a key that the plan needs.
FOREIGN = {
    "spark-defaults.conf": f"spark.hadoop.{PROVIDER}  {HADOOP_PROVIDER}\n",
    "core-site.xml": f"<configuration><property><name>{PROVIDER}</name><value>{HADOOP_PROVIDER}</value></property></configuration>",
    "ec2.json": json.dumps([{"Classification": "spark-defaults", "Properties": {f"spark.hadoop.{PROVIDER}": HADOOP_PROVIDER}}]),
    "livy.json": json.dumps({"conf": {f"spark.hadoop.{PROVIDER}": HADOOP_PROVIDER}}),
    "job.json": json.dumps({"jobDriver": {"sparkSubmit": {"sparkSubmitParameters": f"--conf spark.hadoop.{PROVIDER}={HADOOP_PROVIDER}"}}}),
}  # fmt: skip
