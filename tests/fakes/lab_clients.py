"""Plain boto3 against a lab: what a user without spark-xacct would write, so that a lab is judged by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from spark_xacct.lab import Lab

# One for all clients: it reads the service models once.
_SESSION = boto3.Session()


class Caller:
    """Somebody with keys (None: nobody) before a lab's front."""

    def __init__(self, lab: Lab, keys: dict[str, str] | None, endpoint: str | None = None) -> None:
        self._lab, self.keys, self._endpoint = lab, keys, endpoint or lab.endpoint

    def client(self, service: str, **more: Any) -> Any:
        config = Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            parameter_validation=False,
            connect_timeout=5,
            read_timeout=30,
            signature_version=UNSIGNED if self.keys is None else None,
        )
        keys = {} if self.keys is None else dict(zip(_NAMES, self.keys.values(), strict=False))
        values = {"region_name": "eu-west-1", **more}
        return _SESSION.client(service, endpoint_url=self._endpoint, config=config, **keys, **values)

    def assume(self, role: str, **parameters: Any) -> Caller:
        """The session of a role (declared name or ARN); asks for nothing but what is given."""
        arn = role if role.startswith("arn:") else str(self._lab.access_map.roles[role].arn)
        values = {"RoleSessionName": "run-1", **parameters}
        answer = self.client("sts").assume_role(RoleArn=arn, **values)
        return Caller(self._lab, answer["Credentials"], self._endpoint)

    def arn(self) -> str:
        return str(self.client("sts").get_caller_identity()["Arn"])

    def read(self, bucket: str, key: str = "in/a.txt") -> bytes:
        return bytes(self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    def write(self, bucket: str, key: str = "out/b.txt", body: bytes = b"new") -> None:
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


_NAMES = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


class Callers:
    """The base identity of a lab and those who follow from it."""

    def __init__(self, lab: Lab, endpoint: str | None = None) -> None:
        self._lab, self._endpoint = lab, endpoint

    def with_token(self, token: str, role: str | None = None, **more: Any) -> Caller:
        values = self._lab.environment()
        answer = (
            self.nobody()
            .client("sts")
            .assume_role_with_web_identity(
                RoleArn=role or values["AWS_ROLE_ARN"], RoleSessionName="pod-1", WebIdentityToken=token, **more
            )
        )
        return Caller(self._lab, answer["Credentials"], self._endpoint)

    def token(self) -> str:
        return Path(self._lab.environment()["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text(encoding="ascii")

    def base(self) -> Caller:
        return self.with_token(self.token())

    def nobody(self) -> Caller:
        return Caller(self._lab, None, self._endpoint)

    def hub(self) -> Caller:
        return self.base().assume("hub")

    def partner(self) -> Caller:
        return self.hub().assume("partner")


@contextlib.contextmanager
def refused(code: str, status: int | None = None, message: str | None = None) -> Iterator[None]:
    """The block must end with this refusal."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response
    assert error["Error"]["Code"] == code, error
    assert status in (None, error["ResponseMetadata"]["HTTPStatusCode"]), error
    assert message in (None, error["Error"]["Message"]), error
