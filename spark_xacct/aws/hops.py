"""One hop of a chain: the AssumeRole of a role, signed by the hop before it or by the base identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.credentials import AssumeRoleCredentialFetcher

from spark_xacct.aws import assume_role, failure
from spark_xacct.aws.failure import Failure, Hop, SessionFailed
from spark_xacct.aws.sts import CALL_ERRORS, StsClients
from spark_xacct.errors import ModelError
from spark_xacct.model import Arn, Role


class HopRequest:
    """Asks STS for one role's session with botocore's own fetcher. Raises SessionFailed in the words of this hop."""

    def __init__(
        self,
        role: Role,
        number: int,
        source: Any,
        caller: Arn | None,
        sts: StsClients,
        environment: Mapping[str, str],
        run: str,
        user: str,
    ) -> None:
        """``source``: the credentials that sign; ``caller``: whose they are, None where the declaration does not say."""
        self._role = role
        self._hop = Hop(role.name, number, role.arn, role.external_id is not None)
        self._source = source
        self._caller = caller
        self._sts = sts
        self._environment = environment
        self._parameters = assume_role.parameters(role, run, user)
        # Before any call, so that a value that cannot work fails where it is asked for.
        self._check(self._parameters)

    def fetch(self) -> dict[str, Any]:
        """A new session: access_key, secret_key, token, expiry_time."""
        filled = dict(self._parameters)
        if self._role.external_id is not None:
            filled["ExternalId"] = self._external_id(self._role)
            self._check(filled)
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=self._sts.create_client,
            source_credentials=self._source,
            role_arn=str(self._role.arn),
            extra_args=filled,
        )
        try:
            return dict(fetcher.fetch_credentials())
        except SessionFailed as before:
            # Of the hop before this one, which its message names; what the base identity lacks is this hop's matter.
            raise SessionFailed(
                before.failure if before.failure.hop is not None else replace(before.failure, hop=self._hop)
            ) from None
        except CALL_ERRORS as error:
            raise SessionFailed(self._sts.failure_of(error, self._hop, self._caller)) from None

    def _external_id(self, role: Role) -> str:
        assert role.external_id is not None
        try:
            return assume_role.external_id(role.external_id, self._environment)
        except assume_role.Unresolved as error:
            raise SessionFailed(Failure(failure.PLAN, error.problem, error.advice, self._hop)) from None

    def _check(self, filled: Mapping[str, Any]) -> None:
        try:
            assume_role.check(filled, self._sts.assume_role_shape())
        except ModelError as error:
            raise SessionFailed(
                Failure(failure.PLAN, f"STS would refuse the request: {error}", "correct the declaration", self._hop)
            ) from None
