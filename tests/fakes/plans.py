"""Plans for tests of role sessions, against a fake STS. Python 3.7 syntax."""

from __future__ import annotations

import json
from typing import Any

from fakes.sts import BASE_KEY
from spark_xacct.plan import Plan, decode

BASE_ARN = "arn:aws:iam::111122223333:role/etl"
HUB_ARN = "arn:aws:iam::111122223333:role/hub"
READER_ARN = "arn:aws:iam::444455556666:role/reader"

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": BASE_KEY, "AWS_SECRET_ACCESS_KEY": "PLANTED-BASE-SECRET"}


def role(arn: str, **more: Any) -> dict[str, Any]:
    return dict({"RoleArn": arn, "RoleSessionName": "xacct-{run}", "DurationSeconds": 3600}, **more)


def document(endpoint: str | None, **more: Any) -> dict[str, Any]:
    """Hub and two roles behind it, on the base identity of ENVIRONMENT."""
    content: dict[str, Any] = {
        "v": 1,
        "base": {"kind": "env", "arn": BASE_ARN},
        "sts": {"region": "eu-west-1", "endpoint": endpoint},
        "otherwise": "@platform",
        "roles": {
            "hub": role(HUB_ARN),
            "partner": role(READER_ARN, via="hub"),
            "finance": role("arn:aws:iam::777788889999:role/finance", via="hub"),
        },
        "buckets": {
            "partner-data": "partner",
            "partner-out": {"role": "partner", "owner": "999900001111", "region": "us-east-1"},
            "finance-*": "finance",
            "scratch": "@base",
            "shared": {"role": "@base", "owner": "222233334444"},
            "hub-logs": "hub",
        },
        "own": ["corp-logs"],
        "python": {"roles": ["finance", "partner"]},
    }
    content.update(more)
    if endpoint is None:
        del content["sts"]["endpoint"]
    return content


def plan(endpoint: str | None, **more: Any) -> Plan:
    return decode(json.dumps(document(endpoint, **more)))
