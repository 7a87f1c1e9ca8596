"""The settings that are there before ours: spark-defaults.conf, PYSPARK_SUBMIT_ARGS, the builder.

A value set on a builder becomes ``--conf`` of spark-submit and overrides spark-defaults.conf, so whoever appends must
read that file first: https://spark.apache.org/docs/latest/configuration.html#dynamically-loading-spark-properties
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping
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


def with_lists(submit_arguments: str, lists: Mapping[str, str]) -> str:
    """PYSPARK_SUBMIT_ARGS in which each setting of ``lists`` (keys of LIST_OPTIONS) is an option, and nowhere else.

    An option wins over ``--conf``, and spark-submit joins it with the jars that ``--packages`` resolves. PySpark writes a
    builder's value over that joined list afterwards, and executors would get ours without the packages.
    """
    kept, arguments = [], iter(_split(submit_arguments))
    for argument in arguments:
        name, separator, value = argument.partition("=")
        if argument in _WITH_VALUE:
            value = next(arguments, "")
            if not _sets_one_of(lists, argument, value):
                kept += [argument, value]
        elif not (separator and _sets_one_of(lists, name, value)):
            kept.append(argument)
    options = [part for name, value in lists.items() if value for part in (LIST_OPTIONS[name], value)]
    return " ".join(map(shlex.quote, [*options, *kept]))


def _sets_one_of(names: Collection[str], option: str, value: str) -> bool:
    name = value.partition("=")[0] if option in _CONF else _OPTIONS.get(option)
    return name in names


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
            f"PYSPARK_SUBMIT_ARGS is not a command line ({error}, {len(arguments)} characters); mend its quotes"
        ) from None


def _configuration_folder(environment: Mapping[str, str]) -> Path:
    if environment.get("SPARK_CONF_DIR"):
        return Path(environment["SPARK_CONF_DIR"])
    if environment.get("SPARK_HOME"):
        return Path(environment["SPARK_HOME"]) / "conf"
    import pyspark

    return Path(os.path.dirname(pyspark.__file__)) / "conf"


# Settings that are lists we append to, and the option of spark-submit that is another spelling of each.
LIST_OPTIONS = {"spark.jars": "--jars", "spark.submit.pyFiles": "--py-files"}
_OPTIONS = {
    **{option: name for name, option in LIST_OPTIONS.items()},
    "--files": "spark.files",
    "--master": "spark.master",
}
_CONF = ("--conf", "-c")
_WITH_VALUE = (*_OPTIONS, *_CONF)


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
    found = [value for name, value in zip(arguments, arguments[1:]) if name == option]
    return found + [item.partition("=")[2] for item in arguments if item.startswith(option + "=") and option != "-c"]
