"""The shape of a declaration: pydantic models. They say what may stand where; what refers to what is in ``references``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    Tag,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from spark_xacct.declaration import values
from spark_xacct.model import sts_fields
from spark_xacct.model.binding import ACCESSES, CANNED_ACLS
from spark_xacct.model.session_name import DEFAULT_TEMPLATE

TEXT, MAPPING = "(text)", "(mapping)"


def _form(value: Any) -> str:
    return MAPPING if isinstance(value, (dict, BaseModel)) else TEXT


class Section(BaseModel):
    """A mapping of a declaration: unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if value is not None or name not in cls.field_names()}

    @classmethod
    def field_names(cls) -> set[str]:
        """The keys that this mapping knows, as a declaration spells them."""
        return {field.alias or name for name, field in cls.model_fields.items()}


class Text:
    """A text with a check of ours; ``known`` gives the words that editors offer."""

    def __init__(
        self, check: Callable[[str], str], known: Callable[[], list[str]] | None = None, **json_schema: Any
    ) -> None:
        self._check, self._known, self._json_schema = check, known, json_schema

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: Any) -> dict[str, Any]:
        result: dict[str, Any] = {**handler(core), **self._json_schema}
        return result if self._known is None else {**result, "enum": self._known()}


def _word(*words: str) -> Text:
    return Text(values.one_of(words), known=lambda: list(words))


RoleArn = Annotated[str, Text(values.role_arn, examples=["arn:aws:iam::444455556666:role/reader"])]
PrincipalArn = Annotated[str, Text(values.principal_arn, examples=["arn:aws:iam::111122223333:role/etl"])]
KmsKey = Annotated[str, Text(values.kms_key, examples=["arn:aws:kms:eu-west-1:444455556666:key/..."])]
AccessPoint = Annotated[
    str, Text(values.access_point, examples=["arn:aws:s3:eu-west-1:444455556666:accesspoint/partner"])
]
PolicyArn = Annotated[str, Text(values.policy_arn, examples=["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"])]
Region = Annotated[str, Text(values.region, examples=["eu-west-1"])]
Account = Annotated[str, Text(values.account, examples=["444455556666"])]
Duration = Annotated[str, Text(values.duration, pattern=r"^[0-9]+[hms]$", examples=["15m", "1h", "3600s"])]
BucketName = Annotated[str, Text(values.bucket_name)]
Prefix = Annotated[str, Text(values.prefix, examples=["finance/"])]
RoleName = Annotated[str, Text(values.role_name)]
Access = Annotated[str, _word(*ACCESSES)]


class BaseSection(Section):
    """What the process already is, before any hop."""

    kind: Annotated[str, Text(values.base_kind, known=values.base_kinds)] = Field(
        description="which identity a process begins with"
    )
    arn: PrincipalArn | None = Field(
        None, description="who that must be; asserted wherever STS is called, and the principal in IAM documents"
    )
    profile: str | None = Field(None, description="kind profile: the name of the AWS profile")
    class_name: Annotated[str, Text(values.class_name)] | None = Field(
        None, alias="class", description="kind class: the Java class of the credentials provider"
    )

    @model_validator(mode="after")
    def _fields_of_the_kind(self) -> BaseSection:
        values.check_base(self.kind, self.arn, self.profile, self.class_name)
        return self


class StsSection(Section):
    """Where STS is asked; always a regional endpoint."""

    region: Region = Field(description="the region whose STS is asked")
    endpoint: Annotated[str, Text(values.endpoint)] | None = Field(None, description="URL of a VPC endpoint or a lab")


class ExternalIdSection(Section):
    """A reference to an external id, resolved only where STS is called: exactly one of the two."""

    env: Annotated[str, Text(values.variable_name)] | None = Field(
        None, description="the environment variable that holds it"
    )
    file: Annotated[str, Text(values.absolute_path)] | None = Field(
        None, description="the file that holds it: an absolute path"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> ExternalIdSection:
        values.check_external_id_reference(self.env, self.file)
        return self


InlinePolicy = Annotated[
    Annotated[str, Text(values.policy_text), Tag(TEXT)]
    | Annotated[dict[str, Any], AfterValidator(values.policy_document), Tag(MAPPING)],
    Discriminator(_form),
]


class SessionPolicySection(Section):
    """What bounds the sessions of a role beyond the role's own policies."""

    inline: InlinePolicy | None = Field(None, description="an IAM policy, as a mapping or as JSON text")
    arns: list[PolicyArn] = Field([], description="managed policies of the role's account or of AWS; at most 10")

    @model_validator(mode="after")
    def _one_at_least(self) -> SessionPolicySection:
        values.check_session_policy(self.inline, self.arns)
        return self


class GrantSection(Section):
    """Something that is not S3: for IAM documents, declared session policies and verification."""

    arn: Annotated[str, Text(values.grant_arn)] = Field(description="the resource")
    access: Access = Field("read", description="read, write or readwrite")


ExternalIdValue = Annotated[
    Annotated[str, Text(values.external_id), Tag(TEXT)] | Annotated[ExternalIdSection, Tag(MAPPING)],
    Discriminator(_form),
]
SessionPolicy = Annotated[
    Annotated[str, _word("none", "declared"), Tag(TEXT)] | Annotated[SessionPolicySection, Tag(MAPPING)],
    Discriminator(_form),
]


def _doc(role_field: str) -> str:
    return str(sts_fields()[role_field]["doc"])


class RoleSection(Section):
    """A role, and everything that its AssumeRole carries."""

    arn: RoleArn = Field(description=_doc("arn"))
    via: str | None = Field(None, description="the role it is assumed from; without: straight from the base identity")
    external_id: ExternalIdValue | None = Field(None, description=_doc("external_id"))
    duration: Duration = Field("1h", description="15m to 12h; every hop from a role session is clamped to 1h")
    session_name: Annotated[str, Text(values.session_name)] = Field(DEFAULT_TEMPLATE, description=_doc("session_name"))
    tags: Annotated[dict[str, str], AfterValidator(values.tags)] = Field({}, description=_doc("tags"))
    transitive_tags: list[str] = Field([], description=_doc("transitive_tags"))
    source_identity: Annotated[str, Text(values.source_identity)] | None = Field(
        None, description=_doc("source_identity")
    )
    session_policy: SessionPolicy = Field(
        "none", description="none, declared (what buckets and grants say), {inline: ...} or {arns: [...]}"
    )
    grants: list[GrantSection] = Field([], description="what is not S3 and reached under this role")


class KmsSection(Section):
    """The KMS keys of a bucket."""

    write: KmsKey | None = Field(None, description="the key that objects are written with")
    read: list[KmsKey] = Field([], description="the keys that objects were written with")


class S3Section(Section):
    """Native settings of the connectors for a bucket."""

    acl: Annotated[str, _word(*CANNED_ACLS)] | None = Field(None, description="canned ACL of what is written")
    requester_pays: bool = Field(False, description="whether the reader pays")
    access_point: AccessPoint | None = Field(None, description="the access point that stands for the bucket")


class PrefixSection(Section):
    """A prefix of a bucket that another role serves. Owner, region, keys and settings are the bucket's."""

    role: str = Field(description="a role, or base")
    access: Access = Field("read", description="read, write or readwrite")


class BucketSection(Section):
    """A bucket or pattern, and the role that serves it."""

    role: str = Field(description="a role, or base for the base identity")
    access: Access = Field("read", description="feeds IAM documents and session policies; no guard at run time")
    owner: Account | None = Field(None, description="the account that must own the bucket; default: the role's")
    region: Region | None = Field(None, description="the bucket's region, where it is not the cluster's")
    kms: KmsSection = Field(default_factory=KmsSection, description="KMS keys")
    s3: S3Section = Field(default_factory=S3Section, description="native settings of the connectors")
    prefixes: dict[
        Prefix,
        Annotated[Annotated[str, Tag(TEXT)] | Annotated[PrefixSection, Tag(MAPPING)], Discriminator(_form)],
    ] = Field({}, description="prefixes of the bucket with roles of their own; the longest wins")


class PythonSection(Section):
    """What Python code in driver and workers may ask for."""

    default_role: str | None = Field(None, description="what a plain boto3 client is inside workers")
    roles: list[str] | None = Field(
        None, description="what Python may ask for; default: the roles that some bucket names"
    )


class DocumentsSection(Section):
    """Facts that only IAM documents need."""

    oidc_provider: str | None = Field(None, description="URL or ARN of the OIDC provider of an EKS cluster")
    namespace: str | None = Field(None, description="Kubernetes namespace of the jobs")
    service_account: str | None = Field(None, description="Kubernetes service account of the jobs; * for any")
    eks_account: Account | None = Field(None, description="the account that owns the EKS cluster")
    execution_roles: list[str] = Field([], description="the execution roles of the jobs, where more than base.arn")


ShortBase = Annotated[
    Annotated[str, Text(values.short_base), Tag(TEXT)] | Annotated[BaseSection, Tag(MAPPING)],
    Discriminator(_form),
]
Buckets = dict[
    BucketName,
    Annotated[Annotated[str, Tag(TEXT)] | Annotated[BucketSection, Tag(MAPPING)], Discriminator(_form)],
]


class EnvironmentSection(Section):
    """An overlay: mappings are merged by key, null removes, everything else (and base as a whole) replaces."""

    vars: dict[str, Any] = Field({}, description="variables")
    base: Any = Field(None, description="replaces base as a whole")
    sts: dict[str, Any] = Field({}, description="merged into sts")
    roles: dict[str, Any] = Field({}, description="merged into roles")
    buckets: dict[str, Any] = Field({}, description="merged into buckets")
    own: list[str] = Field([], description="replaces own")
    otherwise: str | None = Field(None, description="replaces otherwise")
    python: dict[str, Any] = Field({}, description="merged into python")
    documents: dict[str, Any] = Field({}, description="merged into documents")


class DeclarationSection(Section):
    """One declaration of roles and buckets: who reads and writes what, under which AWS role chain."""

    version: Literal[1] = Field(description="version of this format")
    vars: dict[str, str] = Field({}, description="variables; {name} stands for one in every value and bucket name")
    environments: dict[str, EnvironmentSection | None] = Field(
        {}, description="overlays, chosen by --env or SPARK_XACCT_ENV"
    )
    base: ShortBase = Field(description="what the process already is: a kind, or {kind: ..., arn: ...}")
    sts: StsSection = Field(description="where STS is asked")
    roles: dict[RoleName, RoleSection] = Field({}, description="the roles, by names that are used in this file only")
    buckets: Buckets = Field({}, description="buckets and patterns: a role, or a mapping")
    own: list[BucketName] = Field(
        [], description="the platform's own buckets and patterns: the base identity, on purpose"
    )
    otherwise: Annotated[str, _word("platform", "deny")] = Field(
        "platform", description="what is not named: left to the platform's settings, or refused"
    )
    python: PythonSection = Field(PythonSection(), description="what Python code may ask for")
    documents: DocumentsSection = Field(DocumentsSection(), description="facts that only IAM documents need")


def json_schema() -> dict[str, Any]:
    """JSON Schema of a declaration, with a description of every field, for editors."""
    schema = DeclarationSection.model_json_schema()
    schema["title"] = "spark-xacct declaration"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def section_at(path: Iterable[int | str]) -> set[str]:
    """The keys that the mapping at a path knows; none where any name may stand."""
    current: Any = DeclarationSection
    for part in path:
        if isinstance(current, type) and issubclass(current, Section):
            current = next(
                (field.annotation for name, field in current.model_fields.items() if (field.alias or name) == part),
                None,
            )
        else:
            arguments = get_args(current)
            current = arguments[-1] if arguments else None
        current = _section_in(current)
    return current.field_names() if isinstance(current, type) and issubclass(current, Section) else set()


def _section_in(annotation: Any) -> Any:
    """The section among the alternatives of an annotation; the annotation itself where it is a list or mapping."""
    if get_origin(annotation) is Annotated:
        return _section_in(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        found = [_section_in(item) for item in get_args(annotation) if item is not type(None)]
        return next((item for item in found if item is not str), None)
    return annotation
