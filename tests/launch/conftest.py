"""Tests of the launcher: moto on loopback for S3, CloudWatch Logs and EMR as far as it goes, a stub for what services say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.loaders
import pytest
from fakes.launching import StubAws
from moto.server import ThreadedMotoServer

from spark_xacct.launch import Clients

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "of-this-test", "region_name": REGION}


# Each session parses the service models anew otherwise, which takes longer than most tests.
LOADER = botocore.loaders.create_loader()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person who runs the tests: no profile, no keys, no endpoint; botocore does not wait between attempts."""
    for name in (
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "SPARK_XACCT_CONFIG",
        "SPARK_XACCT_ENV",
        "SPARK_XACCT_FORMAT",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["aws_secret_access_key"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr("botocore.session.create_loader", lambda path=None: LOADER)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def moto(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """moto without anything in it; the environment points there. Gives a function that makes clients."""
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(f"{moto_url}/moto-api/reset", method="POST"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    return lambda service: boto3.client(service, **KEYS)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubAws]:
    with StubAws() as server:
        server.answers["GetCallerIdentity"] = [
            {
                "Arn": "arn:aws:sts::111122223333:assumed-role/ci/job-7",
                "Account": "111122223333",
                "UserId": "AROA:job-7",
            }
        ]
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


@pytest.fixture
def clients() -> Clients:
    return Clients(boto3.Session(), REGION)
