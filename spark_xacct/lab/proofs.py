"""Before a lab is handed out it shows that it refuses: each refusal beside a call that differs in one point and passes.

An AWS stand-in that lets everything through makes every test green. Proven with accounts of its own, so that the
declaration at hand does not matter.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from spark_xacct.lab.accounts import Accounts
from spark_xacct.lab.control_client import ControlClient
from spark_xacct.lab.errors import LabError

HOME, OTHER = "900000000001", "900000000002"
BUCKET = "xacct-lab-proof"
_USER, _ISSUER = f"arn:aws:iam::{HOME}:user/prover", "proof.lab.invalid"
_SHORT_LIFE_SECONDS = 0.1


@dataclass(frozen=True)
class Keys:
    """Credentials of the proofs."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Keys:
        found = answer["Credentials"]
        return cls(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


class Proofs:
    """The proofs of one lab."""

    def __init__(self, accounts: Accounts, control: ControlClient, endpoint: str) -> None:
        self._accounts, self._control, self._endpoint = accounts, control, endpoint
        self._proven: list[str] = []

    def hold(self) -> tuple[str, ...]:
        """What was proven; raises LabError with the first refusal that did not come."""
        self._user = self._make_accounts()
        sts, assume = self._client("sts", self._user), self._assume
        session = Keys.of(assume(sts, "open"))
        chained = self._client("sts", session)
        self._passes("a trusted role is given", lambda: assume(sts, "open", DurationSeconds=900))
        self._refuses("a role that does not trust the caller", "AccessDenied", lambda: assume(sts, "closed"))
        self._passes("the right external id is taken", lambda: assume(sts, "external", ExternalId="right"))
        self._refuses("a wrong external id", "AccessDenied", lambda: assume(sts, "external", ExternalId="wrong"))
        self._refuses("no external id", "AccessDenied", lambda: assume(sts, "external"))
        self._passes("a right signature is taken", sts.get_caller_identity)
        wrong = self._client("sts", replace(self._user, secret="wrong" + self._user.secret[5:]))
        self._refuses("a wrong signature", "SignatureDoesNotMatch", wrong.get_caller_identity)
        self._passes("a role reads its account's bucket", lambda: self._read(session))
        self._refuses("another account's bucket", "AccessDenied", lambda: self._read(self._user))
        self._refuses("an unsigned read", "AccessDenied", lambda: self._read(None))
        self._refuses("less than 900 s", "ValidationError", lambda: assume(sts, "open", DurationSeconds=899))
        self._refuses(
            "more than the role's maximum", "ValidationError", lambda: assume(sts, "open", DurationSeconds=3601)
        )
        self._passes("12 h are given by a role that allows them", lambda: assume(sts, "long", DurationSeconds=43_200))
        self._passes("1 h is given in a chain", lambda: assume(chained, "long", DurationSeconds=3600))
        self._refuses(
            "more than 1 h in a chain", "ValidationError", lambda: assume(chained, "long", DurationSeconds=3601)
        )
        self._prove_tokens()
        self._passes("a live session reads", lambda: self._read(session))
        self._control.ask("expire_now", role=_role("open"))
        self._refuses("a session that was ended", "ExpiredToken", lambda: self._read(session))
        self._control.ask("short_lives", lives=[{"seconds": _SHORT_LIFE_SECONDS, "role": None}])
        short = Keys.of(assume(sts, "open"))
        self._control.ask("short_lives", lives=[])
        time.sleep(_SHORT_LIFE_SECONDS)
        self._refuses("a session after its time", "ExpiredToken", lambda: self._read(short))
        self._control.ask("clear_calls")
        return tuple(self._proven)

    def _prove_tokens(self) -> None:
        sts = self._client("sts", None)

        def enter(token: str) -> Any:
            return sts.assume_role_with_web_identity(
                RoleArn=f"arn:aws:iam::{HOME}:role/pod", RoleSessionName="proof", WebIdentityToken=token
            )

        good = self._control.ask("issue_token", issuer=_ISSUER, subject="right")
        forged = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
        foreign = self._control.ask("issue_token", issuer="nobody." + _ISSUER, subject="right")
        other = self._control.ask("issue_token", issuer=_ISSUER, subject="wrong")
        self._passes("a web identity token is taken", lambda: enter(good))
        self._refuses("a forged web identity token", "InvalidIdentityToken", lambda: enter(forged))
        self._refuses("a web identity token of an unknown issuer", "InvalidIdentityToken", lambda: enter(foreign))
        self._refuses("a web identity token for another subject", "AccessDenied", lambda: enter(other))

    def _passes(self, what: str, call: Callable[[], Any]) -> None:
        try:
            call()
        except ClientError as error:
            raise LabError(f"the lab is broken: {what}, it should be, but: {error}") from None
        self._proven.append(what)

    def _refuses(self, what: str, code: str, call: Callable[[], Any]) -> None:
        try:
            call()
        except ClientError as error:
            found = error.response.get("Error", {}).get("Code")
            if found != code:
                raise LabError(f"the lab refuses {what} with {found} instead of {code}: {error}") from None
            self._proven.append(f"{what} is refused ({code})")
            return
        raise LabError(f"the lab does not refuse {what}; nothing that runs against it would prove anything")

    def _read(self, keys: Keys | None) -> Any:
        return self._client("s3", keys).get_object(Bucket=BUCKET, Key="k")["Body"].read()

    @staticmethod
    def _assume(sts: Any, role: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = sts.assume_role(RoleArn=_role(role), RoleSessionName="proof", **more)
        return answer

    def _client(self, service: str, keys: Keys | None) -> Any:
        signing = (keys.access_key_id, keys.secret, keys.token) if keys else None
        return self._accounts.clients.make(service, self._endpoint, signing, parameter_validation=False)

    def _make_accounts(self) -> Keys:
        home, other = self._accounts.client(HOME, "iam"), self._accounts.client(OTHER, "iam")
        home.create_user(UserName="prover")
        everything = _policy({"Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "*"})
        home.put_user_policy(UserName="prover", PolicyName="all", PolicyDocument=everything)
        key = home.create_access_key(UserName="prover")["AccessKey"]
        self._control.ask("add_identity", arn=_USER, access_key_id=key["AccessKeyId"], secret=key["SecretAccessKey"])
        external = {"StringEquals": {"sts:ExternalId": "right"}}
        open_role = _role("open")
        for name, trusted, condition, longest in (
            ("open", _USER, None, 3600),
            ("closed", f"arn:aws:iam::{HOME}:user/nobody", None, 3600),
            ("external", _USER, external, 3600),
            ("long", [_USER, open_role], None, 43_200),
        ):
            statement = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
            document = _policy({**statement, **({"Condition": condition} if condition else {})})
            other.create_role(RoleName=name, AssumeRolePolicyDocument=document, MaxSessionDuration=longest)
            other.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=everything)
        s3 = self._accounts.client(OTHER, "s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"proof")
        home.create_open_id_connect_provider(
            Url=f"https://{_ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
        )
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/{_ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{_ISSUER}:sub": "right"}},
        }
        home.create_role(RoleName="pod", AssumeRolePolicyDocument=_policy(trust))
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])


def _role(name: str) -> str:
    return f"arn:aws:iam::{OTHER}:role/{name}"


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
