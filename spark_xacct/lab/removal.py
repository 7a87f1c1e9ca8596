"""Takes one permission out of the documents that a lab applied, and puts it back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from spark_xacct.iam import AccountDocuments, PrincipalDocuments
from spark_xacct.lab import seed
from spark_xacct.lab.accounts import Accounts
from spark_xacct.lab.errors import LabError
from spark_xacct.model import Arn

DOCUMENTS = ("trust", "permissions")


@contextlib.contextmanager
def removed(
    accounts: Accounts, documents: Iterable[AccountDocuments], arn: Arn, action: str, which: str | None
) -> Iterator[None]:
    """While the block runs, ``action`` stands no longer in the trust or permissions of ``arn``.

    ``which``: "trust" or "permissions"; None: the trust where it holds the action, else the permissions.
    """
    principal = next((item for account in documents for item in account.principals if item.arn == arn), None)
    if principal is None:
        raise LabError(f"{arn} is not a role or user of the declaration")
    chosen = _chosen(principal, action, which)
    document = principal.trust if chosen == "trust" else seed.without_foreign_owners(principal)
    assert document is not None
    _apply(accounts, arn, chosen, without_action(document, action))
    try:
        yield
    finally:
        _apply(accounts, arn, chosen, document)


def _chosen(principal: PrincipalDocuments, action: str, which: str | None) -> str:
    if which is not None and which not in DOCUMENTS:
        raise LabError(f'"{which}" is neither trust nor permissions')
    for name in DOCUMENTS if which is None else (which,):
        document = principal.trust if name == "trust" else principal.permissions
        if document is not None and without_action(document, action) != document:
            return name
    place = which or "trust and permissions"
    raise LabError(f"the {place} of {principal.arn} do not hold {action}; there is nothing to take away")


def without_action(document: Mapping[str, Any], action: str) -> Mapping[str, Any] | None:
    """A policy document without an action (a name or a pattern); None when nothing is left of it."""
    statements = []
    for statement in document["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        rest = [item for item in actions if not fnmatchcase(item.lower(), action.lower())]
        if rest:
            kept = statement["Action"] if rest == actions else rest
            statements.append({**statement, "Action": kept})
    return {**document, "Statement": statements} if statements else None


def _apply(accounts: Accounts, arn: Arn, which: str, document: Mapping[str, Any] | None) -> None:
    if which == "permissions":
        seed.put_permissions(accounts, arn, document)
        return
    text = json.dumps(document or seed.trusting_nobody())
    iam = accounts.client(arn.account, "iam")
    iam.update_assume_role_policy(RoleName=seed.path_and_name(arn)[1], PolicyDocument=text)
