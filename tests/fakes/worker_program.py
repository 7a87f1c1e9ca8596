"""What a worker does, for interpreters that have nothing but boto3: python worker_program.py PACKAGE S3_URL. Python 3.7 syntax.

The plan is in SPARK_XACCT_PLAN, the base identity in the environment. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import threading


def main(package: str, s3_url: str) -> None:
    sys.path.insert(0, package)
    import spark_xacct

    loaded_early = sorted({"boto3", "botocore", "pydantic", "pyspark"} & set(sys.modules))
    client = spark_xacct.client("s3", role="partner", endpoint_url=s3_url)

    def ask() -> None:
        client.head_object(Bucket="partner-out", Key="x")
        spark_xacct.boto3_session(role="partner").client("s3", endpoint_url=s3_url).list_objects_v2(
            Bucket="partner-data"
        )

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    child = os.fork()
    if child == 0:
        spark_xacct.client("s3", role="partner", endpoint_url=s3_url).head_object(Bucket="partner-data", Key="child")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    try:
        spark_xacct.client("s3", role="hub")
        refused = ""
    except spark_xacct.errors.UndeclaredError as error:
        refused = str(error)
    import boto3

    print(
        json.dumps(
            {
                "python": platform.python_version(),
                "boto3": boto3.__version__,
                "package": os.path.dirname(spark_xacct.__file__),
                "loaded_early": loaded_early,
                "child": status,
                "refused": refused,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
