"""``spark-xacct iam``: the IAM documents that a declaration needs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from spark_xacct import declaration
from spark_xacct.aws import assume_role
from spark_xacct.cli import output
from spark_xacct.cli.folder import write
from spark_xacct.cli.settings import Settings, with_settings
from spark_xacct.errors import ModelError, PlanError
from spark_xacct.iam import AccountDocuments, BucketDocuments, Explained, PrincipalDocuments, documents
from spark_xacct.iam.left_out import left_out
from spark_xacct.model import AccessMap, Arn, ExternalId

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
REPLACED = (
    "AWS replaces a trust policy and a bucket policy as a whole: add these statements to the policy that is there, and keep "
    "those of others"
)


@click.group(short_help="Print the IAM documents of each account.")
def iam() -> None:
    """Print the IAM documents that the declaration needs. Nothing is asked of AWS."""


@iam.command(short_help="Print what each account's owner must apply.")
@click.option("--account", metavar="ID", help="Only what the owner of this account must apply.")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the documents into this folder: one folder for each account, one file for each document.",
)
@click.option("--overwrite", is_flag=True, help="With --to: replace files whose content differs.")
@with_settings
@click.pass_obj
def plan(settings: Settings, account: str | None, folder: Path | None, overwrite: bool) -> None:
    """Print what each account's owner must apply, and why: trust policies, permissions, statements for bucket policies.

    Add the statements to the trust or bucket policy that exists: AWS replaces a policy as a whole. External ids given by reference
    are filled in where they can be resolved here. What a declaration cannot know is named on stderr.
    """
    declared = declaration.load(settings.config, settings.env)
    if declared.plan is not None:
        raise PlanError(
            f"{settings.config} is a plan, which carries neither grants nor documents:; name the declaration that it was made of"
        )
    try:
        answer = _answer(declared.access_map, account)
    except ModelError as error:
        raise ModelError(f"{settings.config}: {error}") from None
    if folder is not None:
        write(answer.files, folder, overwrite)
    elif settings.format == "json":
        head = {"file": str(settings.config), "environment": settings.env, "plan": declared.compiled().id}
        output.json_data({**head, **answer.data})
    else:
        output.data(answer.text)
    if answer.unresolved:
        named = ", ".join(f"role {role} ({reference})" for role, reference in answer.unresolved.items())
        output.talk(
            f"external ids to be filled in: {named}; set them here, or write them into the documents, which let nobody in until then"
        )
    for note in answer.notes:
        output.talk(f"note: {note}")


@dataclass(frozen=True)
class _Document:
    """One document: the file that holds it, what it is, its content, and its statements with their reasons."""

    file: str
    title: str
    content: Any
    statements: Sequence[Explained]

    @property
    def text(self) -> str:
        return json.dumps(self.content, indent=2) + "\n"


@dataclass(frozen=True)
class _Answer:
    """What is told. ``unresolved``: role -> the reference to an external id that does not resolve here."""

    accounts: Sequence[AccountDocuments]
    unresolved: dict[str, str]
    notes: Sequence[str]

    @property
    def files(self) -> dict[str, str]:
        return {
            f"{account.account}/{document.file}": document.text
            for account in self.accounts
            for _, found in _held_by(account)
            for document in found
        }

    @property
    def data(self) -> dict[str, Any]:
        return {
            "accounts": [
                {
                    "account": account.account,
                    "principals": [
                        {
                            "arn": str(item.arn),
                            "names": list(item.names),
                            "trust": item.trust,
                            "permissions": item.permissions,
                            "reasons": item.reasons,
                        }
                        for item in account.principals
                    ],
                    "buckets": [
                        {"bucket": item.bucket, "statements": item.policy["Statement"], "reasons": item.reasons}
                        for item in account.buckets
                    ],
                }
                for account in self.accounts
            ],
            "unresolved_external_ids": self.unresolved,
            "notes": list(self.notes),
        }

    @property
    def text(self) -> str:
        lines: list[str] = []
        for account in self.accounts:
            lines += [f"==> account {account.account} <==", ""]
            for headline, found in _held_by(account):
                lines += [headline, ""]
                for document in found:
                    reasons = (f"  {item.sid}: {item.reason}" for item in document.statements)
                    lines += [f"{document.title} ({document.file}):", document.text.rstrip("\n"), *reasons, ""]
        return "\n".join(lines).rstrip("\n")


def _answer(access_map: AccessMap, account: str | None) -> _Answer:
    """Raises ModelError for a declaration that no documents can be written for, click.UsageError for an unknown account."""
    external_ids, unresolved = _external_ids(access_map)
    every = documents(access_map, external_ids)
    _check_names([principal.arn for item in every for principal in item.principals])
    chosen = [item for item in every if account in (None, item.account)]
    if not chosen:
        known = ", ".join(item.account for item in every)
        raise click.UsageError(f'--account: nothing is to be applied in account "{account}"; there are {known}')
    notes = [item.text for item in left_out(access_map) if account is None or item.account in (None, account)]
    in_account = {name for name, role in access_map.roles.items() if account in (None, role.arn.account)}
    return _Answer(chosen, {name: text for name, text in unresolved.items() if name in in_account}, [REPLACED, *notes])


def _external_ids(access_map: AccessMap) -> tuple[dict[str, str], dict[str, str]]:
    """By role: external ids that are references and resolve here, and the references that do not."""
    values: dict[str, str] = {}
    unresolved: dict[str, str] = {}
    for name, role in sorted(access_map.roles.items()):
        reference = role.external_id
        if reference is None or reference.literal is not None:
            continue
        try:
            values[name] = assume_role.external_id(reference, os.environ)
            ExternalId(literal=values[name])
        except assume_role.Unresolved:
            unresolved[name] = str(reference)
        except ModelError as error:
            raise click.UsageError(f"role {name}: {reference}: {error}; correct it, or take it away") from None
    return values, unresolved


def _check_names(arns: Sequence[Arn]) -> None:
    """Raises ModelError for two principals that IAM takes for one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    seen: dict[tuple[str, str], Arn] = {}
    for arn in arns:
        other = seen.setdefault((arn.account, _file_name(arn).lower()), arn)
        if other != arn:
            raise ModelError(
                f"{other} and {arn} cannot both be: names of one account differ in more than path and case; correct one of them"
            )


def _held_by(account: AccountDocuments) -> Iterator[tuple[str, list[_Document]]]:
    """Of each principal and bucket what it is, and its documents."""
    for principal in account.principals:
        yield _headline(principal), list(_of_principal(principal))
    for bucket in account.buckets:
        yield f"bucket {bucket.bucket}: statements to be added to its policy", [_of_bucket(bucket)]


def _headline(principal: PrincipalDocuments) -> str:
    base = principal.names == ("base",)
    who = "the base identity" if base else " and ".join(f"role {name}" for name in principal.names)
    parts = [document.title for document in _of_principal(principal)]
    return f"{principal.arn}, {who}: {' and '.join(parts) or 'nothing to apply'}"


def _of_principal(principal: PrincipalDocuments) -> Iterator[_Document]:
    name = _file_name(principal.arn)
    if principal.trust is not None:
        yield _Document(f"{name}-trust.json", "trust policy", principal.trust, principal.trust_statements)
    if principal.permissions is not None:
        yield _Document(
            f"{name}-permissions.json", "permissions", principal.permissions, principal.permission_statements
        )


def _of_bucket(bucket: BucketDocuments) -> _Document:
    # The statements alone, which no call takes for a policy: it would be put in the place of the one that is there.
    return _Document(
        f"bucket-{bucket.bucket}-policy-statements.json",
        "statements",
        bucket.policy["Statement"],
        bucket.statements,
    )


def _file_name(arn: Arn) -> str:
    return f"{'user' if arn.is_user else 'role'}-{arn.resource_name}"
