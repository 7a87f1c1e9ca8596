"""Roles. Each field says once which STS parameter it is, what IAM must allow for it, and who can carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from spark_xacct.errors import ModelError
from spark_xacct.model import limits, session_name
from spark_xacct.model.arn import Arn


@dataclass(frozen=True)
class ExternalId:
    """An external id: a literal, or a reference that is resolved only where STS is called.

    AWS does not treat external ids as secret (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html);
    a reference keeps the value out of every file and setting all the same.
    """

    literal: str | None = None
    env: str | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.literal, self.env, self.file)) != 1:
            raise ModelError("an external id is one of a literal, {env: NAME} or {file: PATH}")
        if self.literal is not None and not limits.EXTERNAL_ID.match(self.literal):
            raise ModelError("the external id does not fit STS: 2 to 1224 letters, digits and _+=,.@:/-")
        if self.env is not None and not limits.VARIABLE_NAME.match(self.env):
            raise ModelError(
                f'"{self.env}" is not the name of an environment variable: letters, digits and _, no digit first'
            )
        # Not os.path.isabs: it is read where STS is called, which is never Windows.
        if self.file is not None and not self.file.startswith("/"):
            raise ModelError(f'"{self.file}" is not an absolute path')

    def to_plan(self) -> str | dict[str, str]:
        """The form a plan carries: the literal itself, or an object that names the reference."""
        if self.literal is not None:
            return self.literal
        return {"env": self.env} if self.env is not None else {"file": str(self.file)}

    @classmethod
    def from_plan(cls, value: str | Mapping[str, str]) -> ExternalId:
        return cls(literal=value) if isinstance(value, str) else cls(**value)

    def __str__(self) -> str:
        if self.literal is not None:
            return self.literal
        return f"environment variable {self.env}" if self.env is not None else f"file {self.file}"


@dataclass(frozen=True)
class Grant:
    """Something that is not S3 and that the role is used for: for documents, session policy and verification."""

    arn: Arn
    access: str

    def __post_init__(self) -> None:
        if self.access not in ("read", "write", "readwrite"):
            raise ModelError(f'access "{self.access}" is not one of read, write, readwrite')


def sts(
    parameter: str,
    doc: str,
    form: str = "text",
    needs: str | None = None,
    hadoop: str | None = None,
    default: Any = None,
    required: bool = False,
) -> Any:
    """A role field that is an STS parameter.

    ``form``: how the value is written in plans and on the wire: text, number, arn, texts, tags, external_id.
    ``needs``: the IAM action each side must allow besides sts:AssumeRole. ``hadoop``: the first Hadoop release whose own
    AssumedRoleCredentialProvider can carry the field, None if none can.
    """
    metadata = {"sts": parameter, "form": form, "needs": needs, "hadoop": hadoop, "doc": doc}
    return field(metadata=metadata) if required else field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Role:
    """A named role and everything that its AssumeRole carries. ``duration_seconds`` is clamped already."""

    name: str
    arn: Arn = sts("RoleArn", "the role's ARN", form="arn", hadoop="3.1.0", required=True)
    via: str | None = None
    session_name: str = sts(
        "RoleSessionName",
        "name of the role sessions; {run} and {user} are filled in at run time",
        hadoop="3.1.0",
        default=session_name.DEFAULT_TEMPLATE,
    )
    duration_seconds: int = sts(
        "DurationSeconds",
        "life of a session in seconds",
        form="number",
        hadoop="3.1.0",
        default=limits.CHAINED_DURATION_MAXIMUM_SECONDS,
    )
    external_id: ExternalId | None = sts(
        "ExternalId",
        "what the role's owner asks callers to send: a literal, {env: NAME} or {file: PATH}",
        form="external_id",
        hadoop="3.4.1",
    )
    tags: tuple[tuple[str, str], ...] = sts("Tags", "session tags", form="tags", needs="sts:TagSession", default=())
    transitive_tags: tuple[str, ...] = sts(
        "TransitiveTagKeys",
        "which of the tags travel to the next hops",
        form="texts",
        needs="sts:TagSession",
        default=(),
    )
    source_identity: str | None = sts(
        "SourceIdentity", "who is behind the session; fixed for the rest of the chain", needs="sts:SetSourceIdentity"
    )
    policy: str | None = sts("Policy", "inline session policy (JSON text)", hadoop="3.1.0")
    policy_arns: tuple[str, ...] = sts(
        "PolicyArns", "managed policies that bound the session", form="texts", default=()
    )
    grants: tuple[Grant, ...] = ()

    def __post_init__(self) -> None:
        if not limits.ROLE_NAME.match(self.name) or self.name in limits.RESERVED_ROLE_NAMES:
            raise ModelError(
                '"{}" cannot name a role: a small letter, then up to 31 of a-z 0-9 _ -, and not {}'.format(
                    self.name, ", ".join(sorted(limits.RESERVED_ROLE_NAMES))
                )
            )
        session_name.check(self.session_name)
        if not limits.DURATION_MINIMUM_SECONDS <= self.duration_seconds <= limits.DURATION_MAXIMUM_SECONDS:
            raise ModelError(f"duration {self.duration_seconds} s is outside 15m (900 s) to 12h (43200 s)")
        check_tags(self.tags)
        missing = [key for key in self.transitive_tags if key not in dict(self.tags)]
        if missing:
            raise ModelError(f'transitive tag "{missing[0]}" is not among the tags of the role')
        if self.source_identity is not None:
            check_source_identity(self.source_identity)
        if self.policy is not None and len(self.policy) > limits.SESSION_POLICY_MAXIMUM_CHARACTERS:
            raise ModelError(
                f"the session policy has {len(self.policy)} characters, STS takes 2048; "
                "bind fewer buckets to the role, or use managed policies (session_policy: {arns: [...]})"
            )
        if len(self.policy_arns) > limits.SESSION_POLICY_ARNS_MAXIMUM:
            raise ModelError(
                f"{len(self.policy_arns)} session policy ARNs are more than the 10 that STS takes; remove some"
            )

    def set_fields(self) -> list[str]:
        """The names of the STS-carried fields that are set to something, for what cannot carry them all."""
        return [
            item.name for item in fields(self) if "sts" in item.metadata and getattr(self, item.name) not in (None, ())
        ]


def check_source_identity(text: str) -> None:
    """Raises ModelError for what STS refuses."""
    if not limits.SOURCE_IDENTITY.match(text) or text.startswith("aws:"):
        raise ModelError(f'source identity "{text}" does not fit STS: 2 to 64 letters, digits and _+=,.@-')


def check_tags(tags: tuple[tuple[str, str], ...]) -> None:
    """Raises ModelError for what STS refuses."""
    if len(tags) > limits.TAGS_MAXIMUM:
        raise ModelError(f"{len(tags)} session tags are more than the 50 that STS takes")
    for key, value in tags:
        if not 1 <= len(key) <= limits.TAG_KEY_MAXIMUM_CHARACTERS or not limits.TAG_TEXT.match(key):
            raise ModelError(f'tag key "{key}" does not fit STS: 1 to 128 letters, digits, spaces and _.:/=+-@')
        if len(value) > limits.TAG_VALUE_MAXIMUM_CHARACTERS or not limits.TAG_TEXT.match(value):
            raise ModelError(
                f'the value of tag "{key}" does not fit STS: up to 256 letters, digits, spaces and _.:/=+-@'
            )
    if len({key.lower() for key, _ in tags}) != len(tags):
        raise ModelError("two session tags differ in case only, and STS takes them for one")


def sts_fields() -> dict[str, Mapping[str, Any]]:
    """Field name -> its metadata (sts, needs, hadoop, doc), in declaration order."""
    return {item.name: item.metadata for item in fields(Role) if "sts" in item.metadata}
