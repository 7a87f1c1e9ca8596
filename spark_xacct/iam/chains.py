"""The assumptions of an access map: each hop of each chain once, with everything that travels on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spark_xacct.errors import ModelError
from spark_xacct.model import AccessMap, Arn, BaseKind, Role, sts_fields

ASSUME_ROLE = "sts:AssumeRole"


@dataclass(frozen=True)
class Assumption:
    """One hop: ``caller`` assumes ``role``. ``caller_name`` is "base" or the name of a declared role.

    ``inherited_tags`` are the transitive tag keys of earlier hops, ``source_identity`` what is set by now; both make
    STS ask for more than sts:AssumeRole.
    """

    caller: Arn
    caller_name: str
    role: Role
    inherited_tags: tuple[str, ...] = ()
    source_identity: str | None = None
    tagged_by_base: bool = False

    @property
    def actions(self) -> tuple[str, ...]:
        """What both sides must allow, sts:AssumeRole first."""
        sent = set(self.role.set_fields())
        if self.inherited_tags or self.tagged_by_base:
            # Inherited transitive tags count as tags of the request:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
            sent.add("tags")
        if self.source_identity is not None:
            # Once set, a source identity stays for the chain and every further role must allow it:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
            sent.add("source_identity")
        return _actions(sent)


def every_action() -> tuple[str, ...]:
    """What a hop can need, in the order in which documents name it."""
    return _actions(set(sts_fields()))


def _actions(fields: set[str]) -> tuple[str, ...]:
    needed = (metadata["needs"] for name, metadata in sts_fields().items() if name in fields)
    return (ASSUME_ROLE, *dict.fromkeys(str(action) for action in needed if action is not None))


def sid_word(action: str) -> str:
    """How the Sid of a statement names an action."""
    return {ASSUME_ROLE: "Assume", "sts:TagSession": "Tag", "sts:SetSourceIdentity": "SourceIdentity"}.get(
        action, action.partition(":")[2]
    )


def assumptions(access_map: AccessMap) -> tuple[Assumption, ...]:
    """Every hop, callers before the roles they lead to. Raises ModelError when the base identity is not named."""
    return tuple(_last_hop(access_map, name) for name in sorted(access_map.roles, key=_depth_then_name(access_map)))


def base_arn(access_map: AccessMap) -> Arn:
    """The ARN that documents name as the base identity; raises ModelError with what to write."""
    if access_map.base.arn is None:
        raise ModelError("IAM documents need to know who the base identity is; write base: {kind: ..., arn: ...}")
    return access_map.base.arn


def _last_hop(access_map: AccessMap, name: str) -> Assumption:
    chain = access_map.chain(name)
    role, before = chain[-1], chain[:-1]
    inherited = sorted({key for hop in before for key in hop.transitive_tags})
    sources = [hop.source_identity for hop in chain if hop.source_identity is not None]
    return Assumption(
        caller=before[-1].arn if before else base_arn(access_map),
        caller_name=before[-1].name if before else "base",
        role=role,
        inherited_tags=tuple(inherited),
        source_identity=sources[0] if sources else None,
        # EKS Pod Identity sets six session tags, all of them transitive:
        # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
        tagged_by_base=access_map.base.kind is BaseKind.POD_IDENTITY,
    )


def _depth_then_name(access_map: AccessMap) -> Callable[[str], tuple[int, str]]:
    return lambda name: (len(access_map.chain(name)), name)
