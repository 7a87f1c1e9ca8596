"""The settings that are there before ours: spark-defaults.conf, PYSPARK_SUBMIT_ARGS, the builder.

A value set on a builder becomes ``--conf`` of spark-submit and overrides spark-defaults.conf, so whoever appends must
read that file first: https://spark.apache.org/docs/latest/configuration.html#dynamically-loading-spark-properties
"""

from __future__ import annotations

import itertools
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spark_xacct.errors import SparkStartError
from spark_xacct.spark import properties

DEFAULTS_FILE = "spark-defaults.conf"


def settings(builder_options: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Every Spark setting that a JVM started now would have, the later source winning."""
    submit_arguments = _split(environment.get("PYSPARK_SUBMIT_ARGS", ""))
    result = _defaults(environment, submit_arguments)
    result.update(_from_submit(submit_arguments))
    result.update({name: str(value) for name, value in builder_options.items()})
    return result


def without_list_options(submit_arguments: str) -> str:
    """PYSPARK_SUBMIT_ARGS without ``--jars`` and ``--py-files``: as options they win over the settings that they were
    merged into, and what was appended there would be lost."""
    arguments, kept = _split(submit_arguments), []
    skip = False
    for argument in arguments:
        if skip or argument in MERGED_OPTIONS:
            skip = not skip
        elif not argument.startswith(tuple(f"{option}=" for option in MERGED_OPTIONS)):
            kept.append(argument)
    return shlex.join(kept)


def _defaults(environment: Mapping[str, str], submit_arguments: list[str]) -> dict[str, str]:
    named = _values_of(submit_arguments, "--properties-file")
    path = Path(named[-1]) if named else _configuration_folder(environment) / DEFAULTS_FILE
    if not path.is_file():
        return {}
    try:
        return properties.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SparkStartError(f"{path} cannot be read as a properties file in UTF-8: {error}; mend it there") from None


def _split(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError as error:
        raise SparkStartError(
            f"PYSPARK_SUBMIT_ARGS is no command line ({error}): {arguments}; mend its quotes"
        ) from None


def _configuration_folder(environment: Mapping[str, str]) -> Path:
    if environment.get("SPARK_CONF_DIR"):
        return Path(environment["SPARK_CONF_DIR"])
    if environment.get("SPARK_HOME"):
        return Path(environment["SPARK_HOME"]) / "conf"
    import pyspark

    return Path(os.path.dirname(pyspark.__file__)) / "conf"


MERGED_OPTIONS = ("--jars", "--py-files")
# Options of spark-submit that are another spelling of a setting we append to.
_OPTIONS = {
    "--jars": "spark.jars",
    "--py-files": "spark.submit.pyFiles",
    "--files": "spark.files",
    "--master": "spark.master",
}


def _from_submit(arguments: list[str]) -> dict[str, str]:
    result = {}
    for pair in _values_of(arguments, "--conf") + _values_of(arguments, "-c"):
        name, separator, value = pair.partition("=")
        if separator:
            result[name] = value
    for option, name in _OPTIONS.items():
        values = _values_of(arguments, option)
        if values:
            result[name] = values[-1]
    return result


def _values_of(arguments: list[str], option: str) -> list[str]:
    found = [value for name, value in itertools.pairwise(arguments) if name == option]
    return found + [item.partition("=")[2] for item in arguments if item.startswith(option + "=") and option != "-c"]
