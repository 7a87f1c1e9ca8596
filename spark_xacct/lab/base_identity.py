"""Makes the base identity real: what a process must hold to be it."""

from __future__ import annotations

from pathlib import Path

from spark_xacct.iam.trust import oidc_issuer
from spark_xacct.lab.accounts import Accounts
from spark_xacct.lab.control_client import ControlClient
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.platform import CREDENTIALS_PATH
from spark_xacct.lab.seed import path_and_name
from spark_xacct.model import AccessMap, BaseKind


def become_base(
    accounts: Accounts, control: ControlClient, access_map: AccessMap, folder: Path, endpoint: str
) -> dict[str, str]:
    """The environment variables that make a process the base identity. Raises LabError for a kind the lab has not."""
    base = access_map.base
    assert base.arn is not None
    if base.kind is BaseKind.IRSA:
        return _by_token(control, access_map, folder)
    if base.arn.is_user and base.kind in (BaseKind.ENV, BaseKind.PROFILE):
        return _by_key(accounts, control, access_map, folder)
    if base.arn.is_user or base.kind not in _BY_PLATFORM:
        raise LabError(
            f"the lab cannot be a base identity of kind {base.kind} with {base.arn}; use an environment (environments: in "
            "the declaration) with base irsa, or env with a user"
        )
    token = control.ask("give_out", role_arn=str(base.arn), kind=str(base.kind))
    if base.kind is BaseKind.INSTANCE_PROFILE:
        return {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}
    values = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint + CREDENTIALS_PATH}
    if base.kind is not BaseKind.POD_IDENTITY:
        return {**values, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}
    file = folder / "pod-identity-token"
    _write_secret(file, token)
    return {**values, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}


# An EMR runtime role reaches its process in several ways; as container credentials every SDK's default chain finds it.
_BY_PLATFORM = (BaseKind.INSTANCE_PROFILE, BaseKind.CONTAINER, BaseKind.POD_IDENTITY, BaseKind.EMR_RUNTIME_ROLE)


def _by_token(control: ControlClient, access_map: AccessMap, folder: Path) -> dict[str, str]:
    details = access_map.documents
    # A declaration may allow any service account of a namespace: the lab's pod has one that fits.
    account = str(details["service_account"]).replace("*", "lab")
    subject = f"system:serviceaccount:{details['namespace']}:{account}"
    token = control.ask("issue_token", issuer=oidc_issuer(str(details["oidc_provider"])), subject=subject)
    file = folder / "web-identity-token"
    _write_secret(file, token)
    return {"AWS_ROLE_ARN": str(access_map.base.arn), "AWS_WEB_IDENTITY_TOKEN_FILE": str(file)}


def _by_key(accounts: Accounts, control: ControlClient, access_map: AccessMap, folder: Path) -> dict[str, str]:
    arn, profile = access_map.base.arn, access_map.base.profile
    assert arn is not None
    key = accounts.client(arn.account, "iam").create_access_key(UserName=path_and_name(arn)[1])["AccessKey"]
    key_id, secret = key["AccessKeyId"], key["SecretAccessKey"]
    control.ask("add_identity", arn=str(arn), access_key_id=key_id, secret=secret)
    if profile is None:
        return {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}
    file = folder / "aws-credentials"
    _write_secret(file, f"[{profile}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n")
    return {"AWS_SHARED_CREDENTIALS_FILE": str(file)}


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
