"""Settings in runs that share a reason, so that a file says each reason once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from spark_xacct.targets.setting import Setting


def by_reason(settings: Iterable[Setting]) -> Iterator[tuple[str, list[Setting]]]:
    """(reason, settings) in order; a reason comes back where other settings stand between."""
    for reason, group in groupby(settings, key=lambda setting: setting.reason):
        yield reason, list(group)
