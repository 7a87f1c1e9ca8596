"""What a driver does, for interpreters that have nothing but the jar: python driver_program.py JAR PYSPARK DECLARATION PLAN PLAN.... Python 3.7 syntax.

PYSPARK is the folder of a stand-in. The first plan is started; of all it is asked what each release needs. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from typing import Any

BASE = "arn:aws:sts::111122223333:assumed-role/etl/i-0123"
FINANCE = "arn:aws:sts::777788889999:assumed-role/finance/xacct-run-1"
HUB = "arn:aws:sts::111122223333:assumed-role/hub/xacct-run-1"
PARTNER = "arn:aws:sts::444455556666:assumed-role/reader/xacct-run-1"
# Who driver, executor and worker are, by the name that is asked for. One is another than the plan says.
WHO = {
    "@base": (BASE, BASE, BASE),
    "finance": (FINANCE, FINANCE, BASE),
    "hub": (HUB, HUB, "never asked"),
    "partner": (PARTNER, PARTNER, PARTNER),
}


def main(jar: str, pyspark: str, declaration: str, plan_file: str, *more: str) -> None:
    sys.path[:0] = [jar, pyspark]
    import spark_xacct as xacct

    loaded_early = sorted({"boto3", "botocore", "pydantic", "pyspark"} & set(sys.modules))
    from pyspark import ANSWERS, FORGOTTEN, SUBMITTED
    from pyspark.sql import Builder

    configured = Builder()
    xacct.configure(configured, plan_file)
    submit_arguments = os.environ.pop("PYSPARK_SUBMIT_ARGS")
    from spark_xacct import targets

    def needed(*of: Any) -> str:
        return json.dumps(targets.settings_for(*of).spark)

    settings = {
        f"{plan.id} {release}": answered(needed, plan, release)
        for plan in (xacct.load(file).plan for file in (plan_file, *more))
        for release in targets.releases.names()
    }

    # As spark-submit runs a program: the JVM is there, and has the jar.
    os.environ["PYSPARK_GATEWAY_PORT"] = "1"
    SUBMITTED.update({"spark.master": "yarn", "spark.hadoop.fs.xacct.plan.9": "a part of an older plan"})
    session = xacct.start(Builder(), plan_file)
    started = dict(session.sparkContext.settings)
    joined = xacct.start(Builder()).sparkContext is session.sparkContext
    ANSWERS.update(WHO)
    who = xacct.whoami(session, plan_file)
    print(
        json.dumps(
            {
                "python": platform.python_version(),
                "package": os.path.dirname(xacct.__file__),
                "loaded_early": loaded_early,
                "configured": configured._options,
                "submit_arguments": submit_arguments,
                "settings": settings,
                "started": started,
                "forgotten": FORGOTTEN,
                "files": sorted(set(session.sparkContext.files)),
                "joined": joined,
                "whoami": str(who).splitlines(),
                "whoami_data": json.loads(who.to_json()),
                "whoami_html": who._repr_html_(),
                "explained": str(xacct.explain("s3a://partner-out/x")).splitlines(),
                "declaration": answered(xacct.load, declaration),
                "credentials": answered(lambda: xacct.boto3_session(role="partner").get_credentials().access_key),
            }
        )
    )


def answered(ask: Callable[..., Any], *arguments: Any) -> str:
    """What is answered, or the first line of why nothing is."""
    from spark_xacct.errors import XacctError

    try:
        return str(ask(*arguments))
    except XacctError as error:
        return type(error).__name__ + ": " + str(error).splitlines()[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
