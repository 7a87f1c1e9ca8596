"""One setting: a key, its value, the reason for it, and what it does to a value that is there; and settings that make a channel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class How(str, Enum):
    """What a setting does to a value that is there: replaces it, joins its list, or gives way."""

    SET = "set"
    APPEND = "append"
    WHERE_UNSET = "where unset"


@dataclass(frozen=True)
class Setting:
    """One key with its value and the reason for it, in words that a reader of a configuration file understands."""

    name: str
    value: str
    reason: str
    how: How = How.SET

    def under(self, prefix: str) -> Setting:
        return Setting(prefix + self.name, self.value, self.reason, self.how)


@dataclass(frozen=True)
class Channel:
    """By what a driver may tell executors their role sessions. ``words`` for people; empty where it tells them nothing, and ``why_not``
    says why. ``settings`` are rendered for it."""

    words: str
    settings: tuple[Setting, ...] = ()
    why_not: str = ""


# Where nobody knows yet who runs the application.
ANY_MASTER = Channel("YARN, or spark.authenticate with spark.network.crypto.enabled")
