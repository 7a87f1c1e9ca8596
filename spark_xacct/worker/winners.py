"""What boto3's default chain would take before a container's credentials: keys in the environment and in files.

https://docs.aws.amazon.com/boto3/latest/guide/credentials.html has the order; what its container provider is asked after
is listed here, but for the variables that can simply be taken away.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from spark_xacct.aws.environment_before import CONFIG_FILE, CREDENTIALS_FILE


class Place(NamedTuple):
    """Whose environment it is, and how it is changed there."""

    whose: str
    unset: str
    turn_off: str


WORKERS = Place("Python workers", "unset it for the executors", "set spark.executorEnv.{}={}")
DRIVER = Place("this Python process, the driver's", "unset it before start()", "set {}={} before start()")

STATIC_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

_PROFILE_FILES = ((CREDENTIALS_FILE, "~/.aws/credentials"), (CONFIG_FILE, "~/.aws/config"))
# Each of them makes one of botocore's providers answer, or fail.
_PROFILE_FIELDS = (
    "aws_access_key_id",
    "role_arn",
    "credential_process",
    "sso_account_id",
    "sso_role_name",
    "sso_start_url",
    "login_session",
)
_BOTO2_CONFIG = "BOTO_CONFIG"
_BOTO2_FILES = ("/etc/boto.cfg", "~/.boto")
_EC2_TOOLS_FILE = "AWS_CREDENTIAL_FILE"
_VARIABLE = re.compile(r"\$(\w+|\{[^}]*\})")


def of_keys(environment: Mapping[str, str], place: Place) -> str | None:
    """The problem with static keys, if they are there."""
    found = next((name for name in STATIC_KEYS[:2] if environment.get(name)), None)
    if found is None:
        return None
    return (
        f"{found} is set in the environment, and boto3 takes that first; {place.unset}, or declare base: env "
        "where it is the base identity"
    )


def of_profiles(environment: Mapping[str, str], place: Place) -> str | None:
    """The problem with the default profile, if that names an identity."""
    for variable, usual in _PROFILE_FILES:
        path = _expanded(environment.get(variable, usual), environment)
        sections = _sections(path)
        if sections is None:
            return f"{path} cannot be parsed, and boto3 refuses to go on; correct it, or {_turned_off(variable, place)}"
        for field in _PROFILE_FIELDS:
            if any(field in section for section in _default_sections(sections)):
                return (
                    f"profile default in {path} has {field}, and boto3 takes that first; take it out there, or "
                    f"{_turned_off(variable, place)}, or declare base: {{kind: profile}} where it is the base identity"
                )
    return None


def of_older_boto(environment: Mapping[str, str], place: Place) -> str | None:
    """The problem with the files that boto 2 and the EC2 tools had, which botocore still reads."""
    path = environment.get(_EC2_TOOLS_FILE)
    if path is not None:
        return f"{_EC2_TOOLS_FILE} names {path}, and boto3 takes the keys there first; {place.unset}"
    named = environment.get(_BOTO2_CONFIG)
    for path in _BOTO2_FILES if named is None else (named,):
        path = _expanded(path, environment)
        if "aws_access_key_id" in (_sections(path) or {}).get("Credentials", {}):
            return (
                f"section Credentials in {path} has aws_access_key_id, and boto3 takes that first; take it out there, or "
                f"{_turned_off(_BOTO2_CONFIG, place)}"
            )
    return None


def region_of_default_profile(environment: Mapping[str, str]) -> str | None:
    """The Region that boto3 finds in the configuration file."""
    sections = _sections(_expanded(environment.get(CONFIG_FILE, _PROFILE_FILES[1][1]), environment))
    return next((section["region"] for section in _default_sections(sections or {}) if section.get("region")), None)


def _turned_off(variable: str, place: Place) -> str:
    return place.turn_off.format(variable, os.devnull)


def _default_sections(sections: Mapping[str, Mapping[str, str]]) -> list[Mapping[str, str]]:
    names = (["default"], ["profile", "default"])
    return [content for name, content in sections.items() if re.sub("[\"']", "", name).split() in names]


def _sections(path: str) -> Mapping[str, Mapping[str, str]] | None:
    """The sections of a file, none for one that is not there or cannot be opened, as botocore has it; None for no such file."""
    parser = configparser.RawConfigParser(default_section="")
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except OSError:
        return {}
    except (configparser.Error, UnicodeDecodeError):
        return None
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _expanded(path: str, environment: Mapping[str, str]) -> str:
    """A path as botocore expands it, by the environment that counts."""
    path = _VARIABLE.sub(lambda found: environment.get(found.group(1).strip("{}"), found.group(0)), path)
    home = environment.get("HOME")
    return home + path[1:] if home and (path == "~" or path.startswith("~/")) else os.path.expanduser(path)
