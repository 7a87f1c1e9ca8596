"""EMR's configuration classifications, in the casing of each service, and the division of settings between them and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spark_xacct import keys
from spark_xacct.errors import TargetError
from spark_xacct.targets.setting import Setting

# botocore's models of emr-containers and emr-serverless: SensitivePropertiesMap, String1024, SparkSubmitParameters.
PROPERTIES_MAXIMUM = 100
PROPERTY_MAXIMUM_CHARACTERS = 1_024
PARAMETERS_MAXIMUM_CHARACTERS = 102_400
_NOT_IN_PARAMETERS = re.compile(r"[\s\"'\\$`]")


@dataclass(frozen=True)
class Classification:
    """One classification; ``nested`` holds further ones, as ``export`` within every ``*-env``."""

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    nested: tuple[Classification, ...] = ()

    def for_ec2(self) -> dict[str, Any]:
        """As EMR on EC2 spells it: https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-configure-apps.html"""
        value: dict[str, Any] = {"Classification": self.name, "Properties": dict(self.properties)}
        return {**value, "Configurations": [one.for_ec2() for one in self.nested]} if self.nested else value

    def for_jobs(self) -> dict[str, Any]:
        """As EMR on EKS and EMR Serverless spell it."""
        value: dict[str, Any] = {"classification": self.name, "properties": dict(self.properties)}
        return {**value, "configurations": [one.for_jobs() for one in self.nested]} if self.nested else value


@dataclass(frozen=True)
class Divided:
    """Spark settings for one job run: ``properties`` of spark-defaults, and ``parameters`` of spark-submit for the rest."""

    properties: Mapping[str, str]
    parameters: str


def divided(target: str, settings: Iterable[Setting], more: Sequence[str] = ()) -> Divided:
    """What fits goes into spark-defaults, the rest into the parameters, which win over it. Plan and plugin come first.

    ``more`` are options of the user's own for spark-submit. Raises TargetError with number, limit and way out.
    """
    ordered = sorted(settings, key=lambda setting: setting.name.startswith(keys.SPARK_HADOOP_PREFIX + "fs.s3"))
    properties: dict[str, str] = {}
    rest: list[Setting] = []
    for setting in ordered:
        fits = len(properties) < PROPERTIES_MAXIMUM and len(setting.value) <= PROPERTY_MAXIMUM_CHARACTERS
        if fits:
            properties[setting.name] = setting.value
        else:
            rest.append(setting)
    for setting in rest:
        if _NOT_IN_PARAMETERS.search(setting.value):
            raise TargetError(
                f"{target}: {setting.name} does not fit into spark-defaults ({PROPERTIES_MAXIMUM} properties of "
                f"{PROPERTY_MAXIMUM_CHARACTERS:,} characters), and sparkSubmitParameters cannot hold its blanks or quotes; take a "
                "declaration with the buckets of this job only"
            )
    parameters = " ".join([*(f"--conf {setting.name}={setting.value}" for setting in rest), *more])
    if len(parameters) > PARAMETERS_MAXIMUM_CHARACTERS:
        raise TargetError(
            f"{target}: sparkSubmitParameters would have {len(parameters):,} characters, and {PARAMETERS_MAXIMUM_CHARACTERS:,} is the "
            "limit; declare otherwise: deny, which needs one key for all buckets, or take a declaration with the buckets of this job only"
        )
    return Divided(properties, parameters)
