"""Profiles of the AWS configuration file: chains of role_arn and source_profile as roles that go via each other.

https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html and .../feature-assume-role-credentials.html
"""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from spark_xacct import plan as plans
from spark_xacct.errors import PlanError
from spark_xacct.importing import from_plan
from spark_xacct.importing.draft import (
    Draft,
    DraftBase,
    DraftRole,
    NothingImported,
    holds_variable,
    is_external_id,
    role_arn_problem,
)
from spark_xacct.model import BaseKind, limits

# What a profile without role_arn may get its credentials from.
_OWN_CREDENTIALS = ("aws_access_key_id", "credential_process", "sso_session", "sso_start_url", "login_session")
_SOURCES = {
    "Environment": BaseKind.ENV,
    "Ec2InstanceMetadata": BaseKind.INSTANCE_PROFILE,
    "EcsContainer": BaseKind.CONTAINER,
}
_OUR_PROCESS = re.compile(r"spark-xacct['\"]?\s+credentials\s.*--plan[\s=]['\"]?(?P<plan>z[0-9]+:[A-Za-z0-9_-]+)")
_NOT_CARRIED = {
    "mfa_serial": "a role that is renewed by itself cannot ask anybody for a code; let the role trust the base identity without MFA",
    "endpoint_url": "endpoints are not carried; sts.endpoint is that of STS",
    "services": "endpoints of services are not carried; sts.endpoint is that of STS",
    "use_fips_endpoint": "set AWS_USE_FIPS_ENDPOINT where the job runs",
    "ca_bundle": "set AWS_CA_BUNDLE where the job runs",
}


@dataclass
class _Found:
    """What a profile comes down to: a role of the draft, or the base identity itself; and whose chain begins where."""

    base: DraftBase
    role: str | None = None


@dataclass
class _Profiles:
    name: str
    sections: Mapping[str, Mapping[str, str]]
    found: dict[str, _Found | None] = field(default_factory=dict)


def into(draft: Draft, name: str, text: str, only: str | None = None) -> None:
    """Fills the draft with the profiles that assume a role, or with one of them and those on the way to it.

    Raises NothingImported where there is none.
    """
    profiles = _Profiles(name, _sections(draft, name, text))
    if only is not None and only not in profiles.sections:
        there = ", ".join(sorted(profiles.sections)) or "none"
        raise NothingImported(f'{name}: there is no profile "{only}"; there are {there}')
    if _read_plan(draft, profiles, only):
        return
    _Reader(draft, profiles, only).read()
    if not draft.roles:
        which = (
            f'profile "{only}" assumes no role'
            if only is not None
            else "no profile assumes a role that could be carried"
        )
        raise NothingImported(
            "\n".join([f"{name}: {which}; name a file, or with --profile a profile, that has role_arn", *draft.left])
        )


def _read_plan(draft: Draft, profiles: _Profiles, only: str | None) -> bool:
    """Profiles of `render aws-profile-process` hold the plan itself."""
    for name, section in profiles.sections.items():
        found = _OUR_PROCESS.search(section.get("credential_process", ""))
        if found is None or only not in (None, name):
            continue
        try:
            from_plan.into(draft, plans.decode(found["plan"]).access_map)
        except PlanError as error:
            draft.leave(f"{profiles.name}: profile {name}: the plan in it cannot be read: {error}")
            continue
        return True
    return False


class _Reader:
    def __init__(self, draft: Draft, profiles: _Profiles, only: str | None) -> None:
        self._draft, self._profiles, self._only = draft, profiles, only
        self._base: DraftBase | None = None

    def read(self) -> None:
        assuming = [name for name, section in self._profiles.sections.items() if "role_arn" in section]
        # By name first: the default is often one of them once more.
        for name in sorted(assuming, key=lambda name: name == "default") if self._only is None else [self._only]:
            self._identity(name, ())
        draft, sources = self._draft, {role.via for role in self._draft.roles.values()}
        draft.base = self._base
        draft.python_roles = [name for name in draft.roles if name not in sources]
        default = self._profiles.found.get(self._only or "default")
        draft.python_default = default.role if default and default.role in draft.python_roles else None
        draft.undecided["some-bucket"] = "profiles name no buckets: name those that Spark shall read"
        self._read_region()

    def _identity(self, name: str, on_the_way: tuple[str, ...]) -> _Found | None:
        """What a profile comes down to; None, with the reason in a line, where it cannot be carried."""
        known = self._profiles.found
        if name in on_the_way:
            self._leave(on_the_way[0], f"its chain goes in a circle: {' -> '.join([*on_the_way, name])}")
            return None
        if name not in known:
            known[name] = self._made(name, self._profiles.sections.get(name, {}), on_the_way)
        return known[name]

    def _made(self, name: str, section: Mapping[str, str], on_the_way: tuple[str, ...]) -> _Found | None:
        arn = section.get("role_arn")
        if arn is None:
            return self._own_credentials(name, section)
        problem = role_arn_problem(arn)
        if problem is not None:
            self._leave(name, problem)
            return None
        if "web_identity_token_file" in section:
            return self._web_identity(name, arn)
        start = self._start(name, section, on_the_way)
        if start is None:
            return None
        if self._base is None:
            self._base = start.base
        elif _same(self._base) != _same(start.base):
            self._leave(
                name,
                f"it begins with another base identity ({_title(start.base)}) than those before it ({_title(self._base)}); import it "
                f"on its own: --profile {shlex.quote(name)}",
            )
            return None
        role = DraftRole(
            arn,
            start.role,
            self._fitting(name, section, "external_id", is_external_id),
            self._seconds(name, section),
            self._fitting(name, section, "role_session_name", limits.SESSION_NAME.match),
        )
        for key, why in _NOT_CARRIED.items():
            if key in section:
                self._leave(name, f"{key}: {why}")
        if section.get("sts_regional_endpoints") == "legacy":
            self._leave(name, "sts_regional_endpoints: a declaration always asks the STS of its region")
        return _Found(start.base, self._draft.role_named(role, None if name == "default" else name))

    def _start(self, name: str, section: Mapping[str, str], on_the_way: tuple[str, ...]) -> _Found | None:
        """Who assumes the role of this profile."""
        source, kind = section.get("source_profile"), section.get("credential_source")
        if source is not None and source == name:
            base = DraftBase("profile", profile=f"{name}-source", comment="a profile that you make")
            self._leave(
                name, f"it is its own source: move its keys to a profile of their own, {name}-source, which base names"
            )
            return _Found(base)
        if source is not None:
            return self._identity(source, (*on_the_way, name))
        if kind in _SOURCES:
            return _Found(DraftBase(str(_SOURCES[kind]), comment=f"profile {name}: credential_source = {kind}"))
        if kind is not None:
            self._leave(name, f"credential_source = {kind} is not one of {', '.join(_SOURCES)}")
        else:
            self._leave(
                name, "role_arn stands there without source_profile, credential_source and web_identity_token_file"
            )
        return None

    def _own_credentials(self, name: str, section: Mapping[str, str]) -> _Found:
        """The profile stays one: what is in it is read where the job runs, and no key comes here."""
        own = next((key for key in _OWN_CREDENTIALS if key in section), None)
        where = f"its {own}" if own is not None else "its keys, looked for in the credentials file"
        return _Found(DraftBase("profile", profile=name, comment=f"{where}; on every host that runs a part of the job"))

    def _web_identity(self, name: str, arn: str) -> _Found:
        base = DraftBase(
            "irsa", arn, comment=f"profile {name}: the token's file comes from AWS_WEB_IDENTITY_TOKEN_FILE"
        )
        return _Found(base)

    def _seconds(self, name: str, section: Mapping[str, str]) -> int | None:
        text = section.get("duration_seconds")
        if text is None:
            return None
        seconds = int(text) if text.isdecimal() and len(text) < 9 else 0
        if limits.DURATION_MINIMUM_SECONDS <= seconds <= limits.DURATION_MAXIMUM_SECONDS:
            return seconds
        self._leave(name, f"duration_seconds = {text} is outside 900 to 43200; 1h stands in its place")
        return None

    def _fitting(self, name: str, section: Mapping[str, str], key: str, fits: Callable[[str], object]) -> str | None:
        text = section.get(key)
        if text is None or (fits(text) and not holds_variable(text)):
            return text
        self._leave(name, f"{key}: its value does not fit STS or a declaration; nothing stands in its place")
        return None

    def _read_region(self) -> None:
        carried = [name for name, found in self._profiles.found.items() if found is not None]
        preferred = [name for name in (self._only, "default") if name is not None]
        for name in [*preferred, *(name for name in carried if name not in preferred)]:
            region = self._profiles.sections.get(name, {}).get("region", "")
            if not limits.REGION.match(region) or region == self._draft.region:
                continue
            if self._draft.region is None:
                self._draft.region = region
            else:
                self._leave(name, f"region = {region}: a declaration asks STS in one region, {self._draft.region}")

    def _leave(self, profile: str, line: str) -> None:
        self._draft.leave(f"{self._profiles.name}: profile {profile}: {line}")


def _same(base: DraftBase) -> tuple[str | None, ...]:
    return base.kind, base.arn, base.profile


def _title(base: DraftBase) -> str:
    return " ".join(part for part in _same(base) if part)


def _sections(draft: Draft, name: str, text: str) -> dict[str, Mapping[str, str]]:
    """The profiles by name. No text of the file goes into an error: any line of it may hold a key."""
    parser = configparser.RawConfigParser(default_section="", allow_no_value=True, strict=True)
    try:
        parser.read_string(text.removeprefix("\ufeff"))
    except configparser.MissingSectionHeaderError as error:
        raise NothingImported(
            f"{name}:{error.lineno}: this is not a file of AWS profiles: it does not begin with [profile NAME] or [default]"
        ) from None
    except configparser.ParsingError as error:
        line = error.errors[0][0] if error.errors else 1
        raise NothingImported(
            f"{name}:{line}: this line is neither [profile NAME] nor KEY = VALUE; mend it there"
        ) from None
    except (configparser.DuplicateSectionError, configparser.DuplicateOptionError) as error:
        raise NothingImported(
            f"{name}:{error.lineno}: this stands there twice already, and readers differ in which counts; take one out"
        ) from None
    found = {section: _named(section) for section in parser.sections()}
    is_config = any(kind == "profile" and section != "default" for section, (kind, _) in found.items())
    result: dict[str, Mapping[str, str]] = {}
    for section, (kind, profile) in found.items():
        if kind == "profile" or (not kind and not is_config):
            result[profile] = {key: (value or "").strip() for key, value in parser.items(section)}
        elif not kind:
            # The AWS CLI and botocore take a name with blanks in quotes only.
            bare = section.removeprefix("profile ").strip()
            written = f'"{bare}"' if " " in bare else bare
            draft.leave(f"{name}: [{section}] is not a profile in this file; write [profile {written}]")
    return result


def _named(section: str) -> tuple[str, str]:
    """Of which kind a section is, and its name. The credentials file has bare names."""
    try:
        words = shlex.split(section)
    except ValueError:
        words = [section]
    if words == ["default"]:
        return "profile", "default"
    if len(words) == 2 and words[0] in ("profile", "sso-session", "services"):
        return words[0], words[1]
    return "", section
