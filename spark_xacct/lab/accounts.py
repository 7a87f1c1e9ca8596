"""The accounts behind the front, entered as root by a side door that only the lab's own process uses."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# MiniStack: the key id of an account's root is the account's number, the secret is this word.
ROOT_SECRET = "test"
REGION = "us-east-1"


class Accounts:
    """Root clients of every account, made once each. Safe to share between threads."""

    def __init__(self, port: int) -> None:
        self._endpoint = f"http://127.0.0.1:{port}"
        self._lock = threading.Lock()
        # The stubs know neither a service by variable name nor every option of Config.
        self._make_client: Any = boto3.Session(region_name=REGION).client
        self._config: Any = Config
        self._clients: dict[tuple[str, str, str], Any] = {}

    def client(self, account: str, service: str, region: str = REGION) -> Any:
        """A boto3 client with the rights of an account's root. Its calls do not show in the lab's log."""
        name = (account, service, region)
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._make_client(
                    service,
                    endpoint_url=self._endpoint,
                    region_name=region,
                    aws_access_key_id=account,
                    aws_secret_access_key=ROOT_SECRET,
                    config=self._config(
                        s3={"addressing_style": "path"},
                        retries={"total_max_attempts": 1},
                        # Neither ~/.aws nor the environment has a say here.
                        ignore_configured_endpoint_urls=True,
                    ),
                )
            return self._clients[name]


class AccountsDirectory:
    """What the STS gate reads from the accounts. The clients are made when first asked."""

    def __init__(self, port: int) -> None:
        self._accounts = Accounts(port)

    def maximum_session_duration(self, role_arn: str) -> int:
        found = self._iam(role_arn).get_role(RoleName=_name(role_arn))
        return int(found["Role"].get("MaxSessionDuration", 3600))

    def client_ids(self, account: str, issuer: str) -> list[str] | None:
        arn = f"arn:aws:iam::{account}:oidc-provider/{issuer}"
        try:
            found = self._iam(arn).get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        except ClientError:
            return None
        return [str(client_id) for client_id in found.get("ClientIDList", [])]

    def trust(self, role_arn: str) -> dict[str, Any]:
        try:
            role = self._iam(role_arn).get_role(RoleName=_name(role_arn))["Role"]
        except ClientError:
            return {}
        return dict(role["AssumeRolePolicyDocument"])

    def permissions(self, arn: str) -> list[Mapping[str, Any]]:
        kind = "User" if ":user/" in arn else "Role"
        iam, name = self._iam(arn), {f"{kind}Name": _name(arn)}
        read, list_names = getattr(iam, f"get_{kind.lower()}_policy"), getattr(iam, f"list_{kind.lower()}_policies")
        return [read(**name, PolicyName=policy)["PolicyDocument"] for policy in list_names(**name)["PolicyNames"]]

    def _iam(self, arn: str) -> Any:
        return self._accounts.client(arn.split(":")[4], "iam")


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
