"""What STS asks for besides sts:AssumeRole when tags or a source identity travel on a hop.

The server behind the front looks at the trust side of a request's own tags only. Here: both sides, inherited
transitive tags, and source identities. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Protocol

from spark_xacct.lab import aws_request
from spark_xacct.lab.sessions import Identity

Document = Mapping[str, Any]


class Policies(Protocol):
    """Where documents are read from."""

    def trust(self, role_arn: str) -> Document:
        """The trust document of a role; an empty one for a role that does not exist."""

    def permissions(self, arn: str) -> list[Document]:
        """The permission policies of a role or user."""


class SessionRefusedError(Exception):
    """STS's status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def check(form: Mapping[str, str], caller: Identity, policies: Policies) -> None:
    """Raises SessionRefusedError when an AssumeRole carries what one of the two sides does not allow."""
    role = form.get("RoleArn", "")
    own, inherited = aws_request.tags(form), dict(caller.transitive_tags)
    conflict = sorted({key.lower() for key in own} & {key.lower() for key in inherited})
    if conflict:
        message = (
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
        raise SessionRefusedError(400, "InvalidParameterValue", message)
    source = form.get("SourceIdentity")
    if source is not None and caller.source_identity not in (None, source):
        raise _denied(caller, "sts:SetSourceIdentity", role)
    needed = []
    if own or inherited:
        needed.append("sts:TagSession")
    if source is not None or caller.source_identity is not None:
        needed.append("sts:SetSourceIdentity")
    if not needed:
        return
    context = _context(form, own, inherited, source or caller.source_identity)
    trust = policies.trust(role)
    permissions = [
        statement for document in policies.permissions(caller.role or caller.arn) for statement in _all(document)
    ]
    for action in needed:
        trusted = [statement for statement in _all(trust) if _names(statement, caller)]
        if not _allows(trusted, action, None, context) or not _allows(permissions, action, role, context):
            raise _denied(caller, action, role)


def _denied(caller: Identity, action: str, role: str) -> SessionRefusedError:
    message = f"User: {caller.arn} is not authorized to perform: {action} on resource: {role}"
    return SessionRefusedError(403, "AccessDenied", message)


def _context(
    form: Mapping[str, str], own: Mapping[str, str], inherited: Mapping[str, str], source: str | None
) -> dict[str, list[str]]:
    tags = {**inherited, **own}
    context = {f"aws:requesttag/{key}".lower(): [value] for key, value in tags.items()}
    context["aws:tagkeys"] = list(tags)
    context["sts:transitivetagkeys"] = [*inherited, *aws_request.members(form, "TransitiveTagKeys")]
    context["sts:sourceidentity"] = [source] if source else []
    context["sts:rolesessionname"] = [form.get("RoleSessionName", "")]
    context["sts:externalid"] = [form["ExternalId"]] if "ExternalId" in form else []
    return context


def _allows(
    statements: Iterable[Document], action: str, resource: str | None, context: Mapping[str, list[str]]
) -> bool:
    fitting = [
        statement
        for statement in statements
        if any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _texts(statement.get("Action")))
        and (resource is None or any(fnmatchcase(resource, pattern) for pattern in _texts(statement.get("Resource"))))
        and _met(statement.get("Condition", {}), context)
    ]
    effects = {statement.get("Effect") for statement in fitting}
    return "Allow" in effects and "Deny" not in effects


def _met(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, list[str]]) -> bool:
    for operator, keys in conditions.items():
        for key, expected in keys.items():
            values = context.get(key.lower())
            if values is None or not _compare(operator, values, _texts(expected)):
                # A key or operator that is not known here is not met: a document must not pass by being odd.
                return False
    return True


def _compare(operator: str, values: list[str], expected: list[str]) -> bool:
    every, _, name = operator.rpartition(":")
    if name not in ("StringEquals", "StringLike") or every not in ("", "ForAllValues", "ForAnyValue"):
        return False
    fits = [
        any(fnmatchcase(value, text) if name == "StringLike" else value == text for text in expected)
        for value in values
    ]
    return all(fits) if every == "ForAllValues" else any(fits)


def _names(statement: Document, caller: Identity) -> bool:
    principal = statement.get("Principal", {})
    texts = ["*"] if principal == "*" else _texts(principal.get("AWS"))
    account = (caller.role or caller.arn).split(":")[4]
    return bool({"*", account, f"arn:aws:iam::{account}:root", caller.role, caller.arn} & set(texts))


def _all(document: Document) -> list[Document]:
    statements = document.get("Statement", [])
    return [statements] if isinstance(statements, Mapping) else list(statements)


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]
