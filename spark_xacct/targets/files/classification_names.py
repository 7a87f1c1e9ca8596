"""The classifications that EMR knows. Others are shown and left alone: EMR refuses a request that names one.

https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-configure-apps.html and the page of each release's components;
https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-7.10.0.html for jobs.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

SPARK_DEFAULTS, CORE_SITE, EMRFS_SITE, EXPORT = "spark-defaults", "core-site", "emrfs-site", "export"
# What EMR on EC2 calls its parts and what EMR on EKS and Serverless call theirs.
_NAMES = frozenset(
    f"""
    {SPARK_DEFAULTS} {CORE_SITE} {EMRFS_SITE} {EXPORT} spark spark-env spark-hive-site spark-log4j spark-log4j2 spark-metrics
    spark-driver-log4j2 spark-executor-log4j2 emr-job-submitter emr-containers-defaults jeg-config jupyter-kernel-overrides
    capacity-scheduler container-executor container-log4j docker-conf hdfs-site hdfs-env hdfs-encryption-zones httpfs-env httpfs-site
    hadoop-env hadoop-log4j hadoop-metrics2 hadoop-ssl-server hadoop-ssl-client mapred-env mapred-site yarn-env yarn-site tez-site
    livy-conf livy-env livy-log4j livy-log4j2 livy-client-conf delta-defaults hudi-defaults hudi-env iceberg-defaults hue-ini
    hiveserver2-site
    """.split()
)
_FAMILIES = re.compile(
    r"(?:flink|hadoop-kms|hbase|hcatalog|hive|jupyter|oozie|phoenix|pig|pinot|presto|ranger|recordserver|sqoop|tensorflow|trino|"
    r"zeppelin|zookeeper|emr|mahout|ganglia)(?:-[a-z0-9-]+)?\Z"
)


def is_known(name: str) -> bool:
    """Whether EMR has a classification of this name, on some release."""
    return name in _NAMES or _FAMILIES.match(name) is not None


def nearest(name: str) -> str | None:
    """The known name that was probably meant."""
    return next(iter(get_close_matches(name, sorted(_NAMES), 1, 0.8)), None)
