"""The accounts behind the front, entered as root by a side door that only the lab's own process uses."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from spark_xacct.lab.platform import Given

# MiniStack: the key id of an account's root is the account's number, the secret is this word.
ROOT_SECRET = "test"
REGION = "us-east-1"


class LoopbackClients:
    """boto3 clients for a server of our own: the user's profiles, settings and proxies have no say in them.

    Safe to share between threads; service models are read once.
    """

    def __init__(self) -> None:
        core = botocore.session.get_session()
        # Not core.set_config_variable: there None means "ask the environment".
        settings = core.get_component("config_store")
        for name, value in (("profile", None), ("config_file", os.devnull), ("credentials_file", os.devnull)):
            settings.set_config_variable(name, value)
        self._session = boto3.Session(botocore_session=core, region_name=REGION)
        self._lock = threading.Lock()

    def make(
        self, service: str, endpoint: str, keys: tuple[str, str, str | None] | None, region: str = REGION, **more: Any
    ) -> Any:
        """A client that signs with ``keys`` (id, secret, token), or not at all. ``more`` goes to botocore's Config."""
        # The stubs know neither a service by variable name nor every option.
        config: Any = Config
        make: Any = self._session.client
        key_id, secret, token = keys or (None, None, None)
        with self._lock:
            return make(
                service,
                endpoint_url=endpoint,
                region_name=region,
                aws_access_key_id=key_id,
                aws_secret_access_key=secret,
                aws_session_token=token,
                config=config(
                    s3={"addressing_style": "path"},
                    retries={"total_max_attempts": 1},
                    ignore_configured_endpoint_urls=True,
                    use_fips_endpoint=False,
                    use_dualstack_endpoint=False,
                    proxies={},
                    signature_version=None if keys else UNSIGNED,
                    **more,
                ),
            )


class Accounts:
    """Root clients of every account, made once each. Safe to share between threads."""

    def __init__(self, port: int) -> None:
        self._endpoint = f"http://127.0.0.1:{port}"
        self.clients = LoopbackClients()
        self._made: dict[tuple[str, str, str], Any] = {}

    def client(self, account: str, service: str, region: str = REGION) -> Any:
        """A boto3 client with the rights of an account's root. Its calls do not show in the lab's log."""
        name = (account, service, region)
        if name not in self._made:
            self._made[name] = self.clients.make(service, self._endpoint, (account, ROOT_SECRET, None), region)
        return self._made[name]


class AccountsDirectory:
    """What the front asks of the accounts. The clients are made when first asked."""

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

    def enter(self, role_arn: str, session_name: str, tags: Mapping[str, str]) -> Given:
        """A session of a role that trusts a service: root of its account stands for every service."""
        tagged = {
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            "TransitiveTagKeys": list(tags),
        }
        sts = self._accounts.client(role_arn.split(":")[4], "sts")
        found = sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name, **(tagged if tags else {}))
        keys = found["Credentials"]
        arn = found["AssumedRoleUser"]["Arn"]
        return Given(arn, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def _iam(self, arn: str) -> Any:
        return self._accounts.client(arn.split(":")[4], "iam")


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
