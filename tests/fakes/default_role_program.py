"""What a worker with a default role finds: python default_role_program.py PACKAGE [assume] [base]. Python 3.7 syntax.

``assume``: the environment is given the default role first, as the daemon does it. ``base``: the base identity is asked for
by name. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys


def main(package: str, steps: list[str]) -> None:
    sys.path.insert(0, package)
    from spark_xacct.aws import current, endpoint
    from spark_xacct.worker.identity import assume_default_role

    kept = []
    if "assume" in steps:
        found = endpoint.find(os.environ)
        assert found is not None
        kept = sorted(assume_default_role(found, os.environ))
    early = sorted({"boto3", "botocore"} & set(sys.modules))
    import boto3
    import botocore.exceptions

    try:
        session = boto3.Session()
        found_there = session.get_credentials()
        taken = None if found_there is None else [found_there.method, found_there.access_key]
        region = session.region_name
    except botocore.exceptions.BotoCoreError as error:
        taken, region = [type(error).__name__, ""], None
    printed = {"kept": kept, "early": early, "taken": taken, "region": region, "boto3": boto3.__version__}
    if "base" in steps:
        base = current().session_for("s3a://scratch/x")
        printed["base"] = base.get_credentials().get_frozen_credentials().access_key
    print(json.dumps(printed))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
