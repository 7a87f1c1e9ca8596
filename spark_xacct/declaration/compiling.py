"""From the models of a declaration to the access map: defaults, clamps, session policies, and notes about them."""

from __future__ import annotations

import json
from dataclasses import replace

from spark_xacct.declaration import sections, values
from spark_xacct.declaration.problems import START, Place, Problems
from spark_xacct.declaration.source import Fields
from spark_xacct.errors import ModelError
from spark_xacct.model import AccessMap, Arn, Base, BaseKind, Binding, ExternalId, Grant, Pattern, Role, Sts, limits
from spark_xacct.model.bases import row_of
from spark_xacct.model.permissions import session_policy

_BASE = "base"


def access_map(section: sections.DeclarationSection, tree: Fields, problems: Problems) -> AccessMap | None:
    """The access map; None, with the reason among ``problems``, where a limit of AWS is broken by what is bound together."""
    compiler = _Compiler(section, tree, problems)
    roles = {name: role for name in section.roles for role in [compiler.role(name)] if role is not None}
    if problems:
        return None
    compiler.note_what_helps(roles)
    bound = {binding.role for binding in compiler.bindings if binding.role is not None}
    default = section.python.default_role
    listed = section.python.roles
    python_roles = bound | ({default} if default is not None else set()) if listed is None else set(listed)
    try:
        return AccessMap(
            base=compiler.base,
            sts=Sts(section.sts.region, section.sts.endpoint),
            roles=roles,
            bindings=tuple(compiler.bindings),
            own=tuple(Pattern(text) for text in section.own),
            deny_undeclared=section.otherwise == "deny",
            python_default_role=default,
            python_roles=tuple(python_roles),
            documents=section.documents.model_dump(exclude_defaults=True),
        )
    except ModelError as error:
        problems.add(START, str(error), "change the declaration there")
        return None


class _Compiler:
    def __init__(self, section: sections.DeclarationSection, tree: Fields, problems: Problems) -> None:
        self._section, self._tree, self._problems = section, tree, problems
        self.base = _base(section.base)
        self._arns = {name: Arn.parse_role(role.arn) for name, role in section.roles.items()}
        self.bindings: list[Binding] = []
        for name, value in section.buckets.items():
            self.bindings += self._bindings(
                name, sections.BucketSection(role=value) if isinstance(value, str) else value
            )
        self._by_role: dict[str | None, list[Binding]] = {}
        for binding in self.bindings:
            self._by_role.setdefault(binding.role, []).append(binding)

    def _bindings(self, name: str, bucket: sections.BucketSection) -> list[Binding]:
        owner = bucket.owner or self._account(bucket.role)
        whole = Binding(
            bucket=Pattern(name),
            role=_role(bucket.role),
            access=bucket.access,
            owner=owner,
            region=bucket.region,
            kms_write=bucket.kms.write,
            kms_read=tuple(bucket.kms.read),
            acl=bucket.s3.acl,
            requester_pays=bucket.s3.requester_pays,
            access_point=bucket.s3.access_point,
        )
        result = [whole]
        for prefix, value in bucket.prefixes.items():
            below = sections.PrefixSection(role=value) if isinstance(value, str) else value
            account = owner or self._account(below.role)
            result.append(replace(whole, prefix=prefix, role=_role(below.role), access=below.access, owner=account))
        return result

    def _account(self, role: str) -> str | None:
        return None if role == _BASE else self._arns[role].account

    def role(self, name: str) -> Role | None:
        section = self._section.roles[name]
        grants = tuple(Grant(Arn.parse(grant.arn), grant.access) for grant in section.grants)
        try:
            return Role(
                name=name,
                arn=self._arns[name],
                via=section.via,
                session_name=section.session_name,
                duration_seconds=self._duration(name, section),
                external_id=_external_id(section.external_id),
                tags=tuple(sorted(section.tags.items())),
                transitive_tags=tuple(section.transitive_tags),
                source_identity=section.source_identity,
                policy=self._policy(name, section, grants),
                policy_arns=tuple(_policy_arns(section)),
                grants=grants,
            )
        except ModelError as error:
            what, _, fix = str(error).partition("; ")
            self._problems.add(self._place(name, "session_policy"), f"roles.{name}: {what}", fix or "change it")
            return None

    def _duration(self, name: str, section: sections.RoleSection) -> int:
        """Clamped to what role chaining allows, unless the hop is known to be made by an IAM user."""
        seconds, maximum = values.seconds(section.duration), limits.CHAINED_DURATION_MAXIMUM_SECONDS
        if seconds <= maximum or (section.via is None and self.base.is_user):
            return seconds
        by = f"a session of role {section.via}" if section.via else "a base identity that is no IAM user"
        self._problems.note(
            self._place(name, "duration"),
            f"roles.{name}: duration {section.duration} is clamped to 1h: the hop is made by {by}",
            "write 1h, or leave it out",
        )
        return maximum

    def _policy(self, name: str, section: sections.RoleSection, grants: tuple[Grant, ...]) -> str | None:
        declared = section.session_policy
        if declared == "none":
            return None
        if isinstance(declared, sections.SessionPolicySection):
            inline = declared.inline
            return inline if inline is None or isinstance(inline, str) else json.dumps(inline, separators=(",", ":"))
        next_hops = [other for other, role in self._section.roles.items() if role.via == name]
        if next_hops:
            raise ModelError(
                f"a declared session policy would forbid its sessions to assume {next_hops[0]}; write session_policy: none"
            )
        bindings = self._by_role.get(name, [])
        if not bindings and not grants:
            raise ModelError(
                "a declared session policy is empty, no bucket is bound to the role and nothing is granted to it; "
                "bind a bucket, or write session_policy: none"
            )
        return session_policy(bindings, grants, self._arns[name].partition)

    def note_what_helps(self, roles: dict[str, Role]) -> None:
        """Notes about what is legal and probably not meant."""
        if self.base.arn is None and row_of(self.base.kind).is_anyone:
            self._problems.note(
                self._tree.entries["base"].place,
                f"base: kind {self.base.kind} without arn is whoever is found on each host, and nobody compares",
                "add arn: ARN to it, and anyone else is refused",
            )
        python = self._section.python
        used = {python.default_role, *(python.roles or ()), *(role.via for role in roles.values()), *self._by_role}
        for name, role in roles.items():
            if role.arn == self.base.arn:
                via = f" and its via ({role.via})" if role.via else ""
                self._problems.note(
                    self._place(name, "arn"),
                    f"roles.{name} is the base identity itself (base.arn)",
                    f"drop the role{via} and bind its buckets to base",
                )
            if name not in used:
                self._problems.note(
                    self._place(name),
                    f"roles.{name} is used by no bucket, role or python section",
                    "use it, or remove it",
                )
        for binding in self.bindings:
            if binding.prefix:
                self._problems.note(
                    self._tree.fields("buckets").entries[str(binding.bucket)].place,
                    f"buckets.{binding.bucket}: no connector carries the role of prefix {binding.prefix} yet, so render refuses this bucket",
                    "bind the whole bucket to one role, or leave it out with --use and take xacct.boto3_session(role=...)",
                )
            account = self._arns[binding.role].account if binding.role is not None else None
            if binding.acl is not None and binding.owner == account and not binding.prefix:
                self._problems.note(
                    self._tree.fields("buckets").entries[binding.key].place,
                    f"buckets.{binding.key}: acl {binding.acl} where the role's account owns the bucket only adds a need for s3:PutObjectAcl",
                    "remove acl",
                )

    def _place(self, role: str, field: str | None = None) -> Place:
        entry = self._tree.fields("roles").entries[role]
        if field is not None and isinstance(entry.node, Fields) and field in entry.node.entries:
            return entry.node.entries[field].place
        return entry.place


def _role(name: str) -> str | None:
    return None if name == _BASE else name


def _base(section: str | sections.BaseSection) -> Base:
    if isinstance(section, str):
        return Base(BaseKind(section))
    arn = Arn.parse_principal(section.arn) if section.arn is not None else None
    return Base(BaseKind(section.kind), arn, section.profile, section.class_name)


def _external_id(section: str | sections.ExternalIdSection | None) -> ExternalId | None:
    if section is None or isinstance(section, str):
        return None if section is None else ExternalId(literal=section)
    return ExternalId(env=section.env, file=section.file)


def _policy_arns(section: sections.RoleSection) -> list[str]:
    policy = section.session_policy
    return policy.arns if isinstance(policy, sections.SessionPolicySection) else []
