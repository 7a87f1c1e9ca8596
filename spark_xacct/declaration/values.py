"""Checks of single values, each with what is wrong and what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from pydantic_core import PydanticCustomError

from spark_xacct.declaration.problems import did_you_mean
from spark_xacct.errors import ModelError
from spark_xacct.model import Arn, BaseKind, ExternalId, Grant, Pattern, Sts, limits
from spark_xacct.model import session_name as session_names
from spark_xacct.model.bases import BASES, row_of
from spark_xacct.model.permissions import grant_actions
from spark_xacct.model.role import check_source_identity, check_tags

REFUSED = "refused"
_DURATION = re.compile(r"^([0-9]{1,9})([hms])\Z")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_JAVA_CLASS = re.compile(r"^([A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*\Z")


def refused(what: str, fix: str) -> PydanticCustomError:
    """A finding of ours inside pydantic: ``problems`` takes both parts out of it again."""
    return PydanticCustomError(REFUSED, "{what}; {fix}", {"what": what, "fix": fix})


def _model(make: Callable[[], Any], fix: str | None = None) -> None:
    try:
        make()
    except ModelError as error:
        what, _, known_fix = str(error).partition("; ")
        raise refused(what, fix or known_fix) from None


def one_of(words: Collection[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise refused('"{}" is not one of {}'.format(text, ", ".join(words)), _nearest(text, words))
        return text

    return check


def _nearest(text: str, words: Collection[str]) -> str:
    fix = did_you_mean(text, words)
    return fix if fix.startswith("did") else "write one of them"


def role_arn(text: str) -> str:
    _model(lambda: Arn.parse_role(text), "copy the role's ARN from IAM")
    return text


def principal_arn(text: str) -> str:
    _model(lambda: Arn.parse_principal(text), "copy the ARN from IAM; not that of an instance profile or a session")
    return text


def _arn_of(what: str, text: str, service: str, start: str, example: str) -> str:
    fix = f"write {example}"
    _model(lambda: Arn.parse(text), fix)
    arn = Arn.parse(text)
    if arn.service != service or not arn.resource.startswith(start):
        raise refused(f'"{text}" is not the ARN of {what}', fix)
    return text


def kms_key(text: str) -> str:
    return _arn_of("a KMS key", text, "kms", "", "arn:aws:kms:REGION:ACCOUNT:key/ID")


def access_point(text: str) -> str:
    return _arn_of("an access point", text, "s3", "accesspoint", "arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME")


def policy_arn(text: str) -> str:
    return _arn_of("a managed policy", text, "iam", "policy/", "arn:aws:iam::ACCOUNT:policy/NAME")


def grant_arn(text: str) -> str:
    _model(lambda: Arn.parse(text), "write the ARN of the queue, topic, table, key or secret")
    _model(lambda: grant_actions(Grant(Arn.parse(text), "read")))
    return text


def region(text: str) -> str:
    _model(lambda: Sts(text), "write one such as eu-west-1")
    return text


def endpoint(text: str) -> str:
    _model(lambda: Sts("eu-west-1", text), "write https://HOST, or leave it out for the regional endpoint")
    return text


def account(text: str) -> str:
    if not limits.ACCOUNT_ID.match(text):
        raise refused(f'"{text}" is not an account', 'write its 12 digits in quotes: "444455556666"')
    return text


def seconds(text: str) -> int:
    """The seconds of a duration that ``duration`` let pass."""
    match = _DURATION.match(text)
    if match is None:
        raise refused(f'"{text}" is not a duration', "write 15m, 1h or 3600s")
    return int(match.group(1)) * _SECONDS[match.group(2)]


def duration(text: str) -> str:
    value = seconds(text)
    if not limits.DURATION_MINIMUM_SECONDS <= value <= limits.DURATION_MAXIMUM_SECONDS:
        raise refused(
            f"{text} ({value} s) is outside 15m (900 s) to 12h (43200 s)",
            "write 1h, the most that role chaining allows",
        )
    return text


def bucket_name(text: str) -> str:
    _model(lambda: Pattern(text), "write the bare name, without s3:// and without a key")
    return text


def prefix(text: str) -> str:
    if not text.endswith("/") or text.startswith("/") or "*" in text:
        raise refused(
            f'"{text}" is not a prefix: it ends at a "/", begins with none and holds no *',
            f'write "{text.strip("/*")}/"',
        )
    return text


def role_name(text: str) -> str:
    if text in limits.RESERVED_ROLE_NAMES:
        raise refused(f'"{text}" is a reserved word and cannot name a role', "choose another name")
    if not limits.ROLE_NAME.match(text):
        raise refused(f'"{text}" cannot name a role', "write a small letter, then up to 31 of a-z 0-9 _ -")
    return text


def base_kinds() -> list[str]:
    return [kind.value for kind in BASES]


def base_kind(text: str) -> str:
    kinds = base_kinds()
    if text not in kinds:
        raise refused('"{}" is not one of {}'.format(text, ", ".join(kinds)), _nearest(text, kinds))
    return text


def short_base(text: str) -> str:
    base_kind(text)
    check_base(text, None, None, None)
    return text


def class_name(text: str) -> str:
    if not _JAVA_CLASS.match(text):
        raise refused(f'"{text}" is not the name of a Java class', "write it with its package: com.example.Provider")
    return text


def check_base(kind: str, arn: str | None, profile: str | None, class_: str | None) -> None:
    """Whether the fields are those of the kind."""
    for owner, field, value, example in (("profile", "profile", profile, "NAME"), ("class", "class", class_, "a.b.C")):
        if kind == owner and not value:
            raise refused(f"kind {owner} has no {field}", f"write {{kind: {owner}, {field}: {example}}}")
        if kind != owner and value is not None:
            raise refused(f"kind {kind} takes no {field}", f"remove {field}, or write kind: {owner}")
    if arn is None and row_of(BaseKind(kind)).needs_arn:
        raise refused(
            f"kind {kind} has no arn, and its providers are default chains that take whoever they find first",
            f"write {{kind: {kind}, arn: arn:aws:iam::ACCOUNT:role/NAME}}",
        )


def external_id(text: str) -> str:
    _model(lambda: ExternalId(literal=text), "ask the role's owner for the exact value")
    return text


def variable_name(text: str) -> str:
    _model(lambda: ExternalId(env=text), "write {env: NAME}")
    return text


def absolute_path(text: str) -> str:
    _model(lambda: ExternalId(file=text), "write {file: /PATH}, the same on every host")
    return text


def check_external_id_reference(env: str | None, file: str | None) -> None:
    if (env is None) == (file is None):
        raise refused("an external id is a text, {env: NAME} or {file: PATH}", "write exactly one of env and file")


def session_name(text: str) -> str:
    problem = session_names.problem_with(text)
    if problem is not None:
        raise refused(problem, "write for example {run}-{user}")
    return text


def source_identity(text: str) -> str:
    _model(lambda: check_source_identity(text), "write for example a user name")
    return text


def tags(pairs: dict[str, str]) -> dict[str, str]:
    _model(lambda: check_tags(tuple(pairs.items())), "change or remove it")
    return pairs


def policy_text(text: str) -> str:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise refused(f"the session policy is not JSON: {error}", "write it as a mapping here") from None
    except RecursionError:
        raise refused("the session policy is nested too deep to read", "write it as a mapping here") from None
    policy_document(document)
    return text


def policy_document(document: Any) -> Any:
    if not isinstance(document, dict) or "Statement" not in document:
        raise refused("the session policy has no Statement", 'write {Version: "2012-10-17", Statement: [...]}')
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        raise refused("the session policy has a number that JSON cannot hold", "write a smaller one") from None
    return document


def check_session_policy(inline: Any, arns: list[str]) -> None:
    """Whether a session policy says anything: an empty one would bound nothing."""
    if inline is None and not arns:
        raise refused("the session policy is empty", "write inline: or arns: in it, or session_policy: none")
