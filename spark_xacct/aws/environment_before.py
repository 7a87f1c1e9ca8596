"""A process's environment as it was before a default role was put into it: there the base identity is still to be found.

What was there stands on in the environment itself under other names, so that programs which a worker starts see it too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

# As a base class Python 3.7 cannot subscript that of collections.abc.
from typing import Mapping as MappingBase

# Set, to the role's name, where a default role was put into an environment.
DEFAULT_ROLE = "SPARK_XACCT_DEFAULT_ROLE"
KEPT_PREFIX = "SPARK_XACCT_KEPT_"
# Set where the default role has turned the two files of profiles off: a user may have done the same.
PROFILES_OFF = "SPARK_XACCT_PROFILES_OFF"

FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
CREDENTIALS_FILE = "AWS_SHARED_CREDENTIALS_FILE"
CONFIG_FILE = "AWS_CONFIG_FILE"

# Whose value is the default role's or another role's of ours, whatever it is now.
_OURS = (FULL_URI, TOKEN, TOKEN_FILE)
_FILES = ((CREDENTIALS_FILE, "credentials_file", "~/.aws/credentials"), (CONFIG_FILE, "config_file", "~/.aws/config"))


class EnvironmentBefore(MappingBase[str, str]):
    """``now`` with what a default role has replaced or taken away put back; ``now`` itself where no role was put into it."""

    def __init__(self, now: Mapping[str, str]) -> None:
        self.now = now

    def __getitem__(self, name: str) -> str:
        if DEFAULT_ROLE in self.now:
            kept = self.now.get(KEPT_PREFIX + name)
            if name not in self.now or self._is_ours(name):
                if kept is None:
                    raise KeyError(name)
                return kept
        return self.now[name]

    def __iter__(self) -> Iterator[str]:
        names = set(self.now)
        names.update(name[len(KEPT_PREFIX) :] for name in self.now if name.startswith(KEPT_PREFIX))
        return iter(sorted(name for name in names if name in self))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def profile_files(self) -> dict[str, str]:
        """The settings of a botocore session that bring back the two files of profiles, where they were turned off."""
        return {
            setting: self.get(variable, usual)
            for variable, setting, usual in _FILES
            if DEFAULT_ROLE in self.now and self._is_ours(variable)
        }

    def _is_ours(self, name: str) -> bool:
        is_file = PROFILES_OFF in self.now and name in (CREDENTIALS_FILE, CONFIG_FILE)
        return name in _OURS or (is_file and self.now.get(name) == os.devnull)

    def __repr__(self) -> str:
        return "EnvironmentBefore()"
