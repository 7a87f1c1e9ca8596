"""Requests against all of botocore's model: what its own validation lets pass is found here, with number and limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from spark_xacct.errors import TargetError
from spark_xacct.targets import aws_model

OPERATIONS = {
    "emr": ("RunJobFlow", "AddJobFlowSteps"),
    "emr-containers": ("StartJobRun",),
    "emr-serverless": ("StartJobRun", "CreateApplication"),
    "glue": ("CreateJob", "StartJobRun"),
}


def start_job_run(**changed: Any) -> dict[str, Any]:
    request = {
        "name": "daily",
        "virtualClusterId": "abc123",
        "clientToken": "token-1",
        "executionRoleArn": "arn:aws:iam::111122223333:role/etl",
        "releaseLabel": "emr-7.12.0-latest",
        "jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "s3://code/job.py", "entryPointArguments": ["a"]}},
    }
    request.update(changed)
    return {name: value for name, value in request.items() if value is not None}


def properties(count: int, value: str = "x") -> dict[str, Any]:
    found = {f"k{number}": value for number in range(count)}
    return {"applicationConfiguration": [{"classification": "spark-defaults", "properties": found}]}


def driver(**members: Any) -> dict[str, Any]:
    return {"sparkSubmitJobDriver": members}


CASES = {
    "a good one": ({}, []),
    "a placeholder fits every pattern": ({"virtualClusterId": "<virtual cluster>"}, []),
    "missing": ({"virtualClusterId": None}, ["StartJobRun.virtualClusterId is missing"]),
    "a token that clients make up": ({"clientToken": None}, []),
    "unknown": (
        {"jobDriver": driver(entryPoint="s3://code/job.py", mainClass="x")},
        [
            "StartJobRun.jobDriver.sparkSubmitJobDriver.mainClass is not known; known are entryPoint, entryPointArguments, "
            "sparkSubmitParameters"
        ],
    ),
    "too long": (
        {"jobDriver": driver(entryPoint="s3://code/" + "x" * 250)},
        ["StartJobRun.jobDriver.sparkSubmitJobDriver.entryPoint has 260 characters, and 256 is the limit"],
    ),
    "too short": ({"name": ""}, ["StartJobRun.name has 0 characters, and 1 is the least", "*"]),
    "pattern": (
        {"executionRoleArn": "arn:aws:iam::1:role/etl"},
        ['StartJobRun.executionRoleArn is "arn:aws:iam::1:role/etl", which does not match *'],
    ),
    "too many properties": (
        {"configurationOverrides": properties(101)},
        [
            "StartJobRun.configurationOverrides.applicationConfiguration[0].properties has 101 entries, and 100 is the limit"
        ],
    ),
    "property too long": (
        {"configurationOverrides": properties(1, "x" * 1025)},
        [
            "StartJobRun.configurationOverrides.applicationConfiguration[0].properties[k0] has 1,025 characters, and 1,024 is the "
            "limit"
        ],
    ),
    "no text": ({"name": 7}, ["StartJobRun.name is not text"]),
    "no list": (
        {"jobDriver": driver(entryPoint="s3://code/job.py", entryPointArguments="a")},
        ["StartJobRun.jobDriver.sparkSubmitJobDriver.entryPointArguments is not a list"],
    ),
    "enum": (
        {"configurationOverrides": {"monitoringConfiguration": {"persistentAppUI": "MAYBE"}}},
        [
            'StartJobRun.configurationOverrides.monitoringConfiguration.persistentAppUI is "MAYBE"; known are ENABLED, DISABLED'
        ],
    ),
    "number": (
        {"retryPolicyConfiguration": {"maxAttempts": "3"}},
        ["StartJobRun.retryPolicyConfiguration.maxAttempts is not a number"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_everything_that_the_model_does_not_allow_is_named(case: str) -> None:
    changed, expected = CASES[case]
    found = list(aws_model.problems("emr-containers", "StartJobRun", start_job_run(**changed)))

    assert len(found) == len(expected)
    for line, wanted in zip(found, expected, strict=True):
        assert re.fullmatch(re.escape(wanted).replace(r"\*", ".*"), line), line


def test_numbers_have_limits_too() -> None:
    found = aws_model.problems("emr", "RunJobFlow", {"Name": "n", "Instances": {"InstanceCount": True}})
    retries = aws_model.problems("emr-serverless", "StartJobRun", {
        "applicationId": "00abcdef", "clientToken": "t", "executionRoleArn": "arn:aws:iam::111122223333:role/etl",
        "executionTimeoutMinutes": 10**7,
    })  # fmt: skip

    assert list(found) == ["RunJobFlow.Instances.InstanceCount is not a number"]
    assert list(retries) == ["StartJobRun.executionTimeoutMinutes is 10,000,000, and 1,000,000 is the limit"]


def test_check_raises_with_every_problem_and_the_target() -> None:
    with pytest.raises(TargetError) as error:
        aws_model.check("emr-eks", "emr-containers", "StartJobRun", start_job_run(virtualClusterId=None, name=7))
    assert str(error.value) == "emr-eks: StartJobRun.virtualClusterId is missing\nemr-eks: StartJobRun.name is not text"


def shapes(shape: Shape, seen: set[str]) -> Iterator[Shape]:
    if shape.name in seen:
        return
    seen.add(shape.name)
    yield shape
    below = list(getattr(shape, "members", {}).values())
    below += [getattr(shape, name) for name in ("member", "key", "value") if hasattr(shape, name)]
    for one in below:
        if isinstance(one, Shape):
            yield from shapes(one, seen)


@pytest.mark.parametrize(("service", "operation"), [(name, one) for name, all_ in OPERATIONS.items() for one in all_])
def test_every_pattern_of_the_requests_that_targets_make_is_one_that_python_reads(service: str, operation: str) -> None:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    found = list(shapes(model.operation_model(operation).input_shape, set()))
    patterns = {shape.metadata["pattern"] for shape in found if shape.metadata.get("pattern")}

    assert {shape.type_name for shape in found} <= set(aws_model._OF_TYPE)
    for pattern in patterns:
        assert not re.search(r"\\p\{", aws_model._as_python(pattern)), pattern
        re.compile(aws_model._as_python(pattern))
