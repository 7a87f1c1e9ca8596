"""What a declaration leaves open and a lab must fill in: the base identity's name, its OIDC provider, external ids."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from spark_xacct.lab.errors import LabError
from spark_xacct.model import AccessMap, Arn, BaseKind, ExternalId

OIDC_ISSUER = "oidc.lab.invalid/id/spark-xacct"
NAMESPACE, SERVICE_ACCOUNT = "lab", "spark"
BASE_NAME = "xacct-lab-base"
DEFAULT_ACCOUNT = "111122223333"


@dataclass(frozen=True)
class Prepared:
    """An access map with nothing left open. ``exports`` are the environment variables its external ids come from."""

    access_map: AccessMap
    external_ids: Mapping[str, str]
    exports: Mapping[str, str] = field(default_factory=dict)


def prepare(access_map: AccessMap, environment: Mapping[str, str] | None = None) -> Prepared:
    """Fills in what is open; raises LabError for what a lab cannot stand in for."""
    endpoint = access_map.sts.endpoint
    if endpoint is not None and urlsplit(endpoint).hostname not in ("127.0.0.1", "localhost"):
        raise LabError(
            f"sts.endpoint is {endpoint}: STS would be asked there and not in the lab; leave it out in the environment "
            "(environments: in the declaration) that you use with the lab"
        )
    base = access_map.base
    if base.arn is None:
        kind = "user" if base.kind in (BaseKind.ENV, BaseKind.PROFILE) else "role"
        base = replace(base, arn=Arn("aws", "iam", "", _base_account(access_map), f"{kind}/{BASE_NAME}"))
    details = dict(access_map.documents)
    if base.kind is BaseKind.IRSA:
        details.setdefault("oidc_provider", f"https://{OIDC_ISSUER}")
        details.setdefault("namespace", NAMESPACE)
        details.setdefault("service_account", SERVICE_ACCOUNT)
    values = os.environ if environment is None else environment
    external_ids: dict[str, str] = {}
    exports: dict[str, str] = {}
    for role in access_map.roles.values():
        if role.external_id is None:
            continue
        external_ids[role.name] = _external_id(role.name, role.external_id, {**values, **exports})
        if role.external_id.env is not None:
            exports[role.external_id.env] = external_ids[role.name]
    return Prepared(replace(access_map, base=base, documents=details), external_ids, exports)


def _base_account(access_map: AccessMap) -> str:
    # The account of the first hop that nothing leads to: most chains begin with a role of one's own account.
    first = [role for role in access_map.roles.values() if role.via is None]
    hubs = {role.via for role in access_map.roles.values()}
    own = [role for role in first if role.name in hubs] or first
    return sorted(own, key=lambda role: role.name)[0].arn.account if own else DEFAULT_ACCOUNT


def _external_id(name: str, external_id: ExternalId, environment: Mapping[str, str]) -> str:
    if external_id.literal is not None:
        return external_id.literal
    if external_id.env is not None:
        return environment.get(external_id.env) or "lab-" + secrets.token_hex(8)
    path = Path(str(external_id.file))
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LabError(f"the external id of role {name} is in {path}, which cannot be read: {error}") from None
