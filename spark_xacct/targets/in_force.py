"""Whether what is in force serves every declared bucket by our provider alone: asked of a running JVM's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from spark_xacct.model import DecisionKind, Location
from spark_xacct.targets.connectors import Connector
from spark_xacct.targets.settings import Settings

# The Hadoop settings that decide who serves a bucket, whichever file or builder they came from: a Java regular
# expression too.
PROVIDER_SETTINGS = (
    r"^fs\.s3a?\.(bucket\.(.+)\.)?(aws\.credentials\.provider|customAWSCredentialsProvider|delegation\.token\.binding)$"
)
_SETTING = re.compile(PROVIDER_SETTINGS)
DELEGATION = "fs.s3a.delegation.token.binding"


def problem_with(settings: Settings, hadoop: Mapping[str, str]) -> str | None:
    """The first setting under which a declared bucket would be reached under another identity, with the way out.

    ``hadoop``: the settings in force that match PROVIDER_SETTINGS. Every connector is looked at: s3:// must not be reached
    under the node's role because only s3a:// was seen to.
    """
    return next(_problems(settings, hadoop), None)


def _problems(settings: Settings, hadoop: Mapping[str, str]) -> Iterator[str]:
    yield from _missing_lines(settings, hadoop)
    yield from _others_lines(settings, hadoop)


def _missing_lines(settings: Settings, hadoop: Mapping[str, str]) -> Iterator[str]:
    ours = {connector.provider for connector in settings.release.connectors}
    for setting in settings.hadoop:
        there = hadoop.get(setting.name, "").strip()
        if setting.value in ours and there != setting.value:
            yield (
                f"{setting.name} must be {setting.value} and is {there or 'not set'} ({setting.reason}); "
                "restore the line, or stop the session and let start() set it"
            )


def _others_lines(settings: Settings, hadoop: Mapping[str, str]) -> Iterator[str]:
    access_map = settings.plan.access_map
    for name, value in sorted(hadoop.items()):
        match = _SETTING.match(name)
        if match is None or not value.strip() or value.strip() in _providers(settings.release.connectors):
            continue
        bucket = match.group(2)
        if bucket is not None and access_map.decide(Location("s3a", bucket)).kind is DecisionKind.PLATFORM:
            continue
        if match.group(3) == "delegation.token.binding":
            served = f"bucket {bucket}" if bucket else "every bucket"
            yield f"{name} is {value}: S3A then serves {served} by delegation tokens and not by the plan; take it out"
        elif bucket is not None:
            yield f"{name} is {value}: bucket {bucket} is served by it and not by the plan; take it out"


def _providers(connectors: tuple[Connector, ...]) -> set[str]:
    return {connector.provider for connector in connectors}
