"""``--use``: an access map cut down to the buckets that one job needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spark_xacct.errors import ModelError, TargetError
from spark_xacct.model import AccessMap, Location


def narrowed(access_map: AccessMap, use: Sequence[str]) -> AccessMap:
    """Only the bindings of these buckets and the roles they need; everything when ``use`` is empty.

    A name is a bucket, or a pattern as it is declared; a bucket that a pattern serves keeps that pattern. ``own`` stays:
    the platform needs its own buckets whatever the job reads. Python keeps what it may ask for of the roles that are
    left. Raises TargetError for a name that nothing serves.
    """
    if not use:
        return access_map
    wanted = {key for name in use for key in _bindings_of(access_map, name)}
    bindings = tuple(binding for binding in access_map.bindings if binding.key in wanted)
    needed = {role.name for binding in bindings if binding.role is not None for role in access_map.chain(binding.role)}
    default = access_map.python_default_role
    return replace(
        access_map,
        bindings=bindings,
        roles={name: role for name, role in access_map.roles.items() if name in needed},
        python_roles=tuple(name for name in access_map.python_roles if name in needed),
        python_default_role=default if default in needed else None,
    )


def left_out(whole: AccessMap, narrow: AccessMap) -> tuple[str, ...]:
    """The buckets that ``whole`` declares by name and ``narrow`` does not: still not to be reached under another identity."""
    kept = {binding.bucket.text for binding in narrow.bindings}
    names = (binding.bucket for binding in whole.bindings)
    return tuple(dict.fromkeys(name.text for name in names if not name.is_pattern and name.text not in kept))


def _bindings_of(access_map: AccessMap, name: str) -> list[str]:
    keys = [binding.key for binding in access_map.bindings if binding.bucket.text == name]
    if keys:
        return keys
    if name in [own.text for own in access_map.own]:
        return []
    try:
        served = access_map.decide(Location("s3a", name)).binding
    except ModelError:
        served = None
    if served is None:
        declared = sorted({binding.bucket.text for binding in access_map.bindings})
        raise TargetError(f'--use: nothing serves bucket "{name}"; declared are {", ".join(declared) or "none"}')
    return [binding.key for binding in access_map.bindings if binding.key == served]
