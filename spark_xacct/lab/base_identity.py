"""Makes the base identity real: what a process must hold to be it."""

from __future__ import annotations

from pathlib import Path

from spark_xacct.iam.trust import oidc_issuer
from spark_xacct.lab.accounts import Accounts
from spark_xacct.lab.control_client import ControlClient
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.seed import path_and_name
from spark_xacct.model import AccessMap, BaseKind


def become_base(accounts: Accounts, control: ControlClient, access_map: AccessMap, folder: Path) -> dict[str, str]:
    """The environment variables that make a process the base identity. Raises LabError for a kind the lab has not."""
    base = access_map.base
    assert base.arn is not None
    if base.kind is BaseKind.IRSA:
        details = access_map.documents
        # A declaration may allow any service account of a namespace: the lab's pod has one that fits.
        account = str(details["service_account"]).replace("*", "lab")
        subject = f"system:serviceaccount:{details['namespace']}:{account}"
        token = control.ask("issue_token", issuer=oidc_issuer(str(details["oidc_provider"])), subject=subject)
        file = folder / "web-identity-token"
        _write_secret(file, token)
        return {"AWS_ROLE_ARN": str(base.arn), "AWS_WEB_IDENTITY_TOKEN_FILE": str(file)}
    if base.arn.is_user and base.kind in (BaseKind.ENV, BaseKind.PROFILE):
        name = path_and_name(base.arn)[1]
        key = accounts.client(base.arn.account, "iam").create_access_key(UserName=name)["AccessKey"]
        key_id, secret = key["AccessKeyId"], key["SecretAccessKey"]
        control.ask("add_identity", arn=str(base.arn), access_key_id=key_id, secret=secret)
        if base.kind is BaseKind.ENV:
            return {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}
        file = folder / "aws-credentials"
        _write_secret(file, f"[{base.profile}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n")
        return {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    raise LabError(
        f"the lab cannot be a base identity of kind {base.kind} with {base.arn}; "
        "use an environment (environments: in the declaration) with base irsa, or env with a user"
    )


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
