"""What of a target's settings goes where in a file of somebody's: which place, by which names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from spark_xacct import keys
from spark_xacct.targets import files
from spark_xacct.targets.files import ExistingFile, FileRefused, Names, Place
from spark_xacct.targets.files.classification_names import SPARK_DEFAULTS
from spark_xacct.targets.merging import LISTS
from spark_xacct.targets.registry import Rendered
from spark_xacct.targets.setting import How, Setting


def parts(file: ExistingFile, rendered: Rendered) -> Iterator[tuple[Names, str, list[Setting]]]:
    """The target's settings by the place that they go to in this file: whose names, which classification."""
    target, hadoop_alone = rendered.target.name, only_hadoop(rendered)
    if rendered.target.python_only:
        raise FileRefused(
            f"{file.name}: {target} has no settings of Spark or Hadoop; drop --with, or name another target"
        )
    own = _own_places(rendered)
    every_spark, every_hadoop = list(rendered.settings.spark_settings()), list(rendered.settings.hadoop)
    # A target that writes JSON says by it what the driver's environment is called there.
    spark = _known(_all_of(own), every_spark) if own else every_spark
    if file.kind == files.HADOOP_XML:
        yield Names.HADOOP, "", every_hadoop if hadoop_alone is None else hadoop_alone
        return
    if file.kind == files.PROPERTIES:
        if hadoop_alone is not None:
            raise FileRefused(
                f"{file.name}: {file.kind}, which nobody reads but Spark, and {target} is for JVMs without it; name {target}.xml, or "
                "take render spark-defaults"
            )
        yield Names.SPARK, "", spark
        return
    if hadoop_alone is not None:
        yield Names.HADOOP, target, hadoop_alone
        return
    # A file without classifications, as Livy's, has one place only.
    if not any(place.names is Names.SPARK for place in own) or file.new_place(Names.HADOOP, SPARK_DEFAULTS) is None:
        yield Names.SPARK, SPARK_DEFAULTS, spark
        return
    below = (place for place in own if place.names in (Names.HADOOP, Names.OTHER))
    for names, classification in dict.fromkeys((place.names, place.classification) for place in below):
        settings = _merged_settings(place for place in own if place.classification == classification)
        yield names, classification, _known(settings, every_hadoop)
    yield (
        Names.SPARK,
        SPARK_DEFAULTS,
        _known(_merged_settings(place for place in own if place.names is Names.SPARK), every_spark),
    )


def only_hadoop(rendered: Rendered) -> list[Setting] | None:
    """The settings of a target that writes one of Hadoop's own files, None for others."""
    properties = rendered.content.get("properties")
    if not isinstance(properties, dict) or any(name.startswith("spark.") for name in properties):
        return None
    return [setting for setting in rendered.settings.hadoop if setting.name in properties]


def _own_places(rendered: Rendered) -> list[Place]:
    """Where the target itself puts its settings, if it writes JSON."""
    try:
        return list(files.read(rendered.target.name, json.dumps(rendered.content)).places)
    except FileRefused:
        return []


def _all_of(places: Iterable[Place]) -> dict[str, str]:
    """Everything as settings of Spark."""
    result: dict[str, str] = {}
    for place in sorted(places, key=lambda place: place.names is Names.SPARK):
        prefix = keys.SPARK_HADOOP_PREFIX if place.names is Names.HADOOP else ""
        if place.names in (Names.HADOOP, Names.SPARK):
            result.update({prefix + name: value for name, value in place.settings.items()})
    return result


def _merged_settings(places: Iterable[Place]) -> dict[str, str]:
    return {name: value for place in places for name, value in place.settings.items()}


def _known(values: Mapping[str, str], settings: Iterable[Setting]) -> list[Setting]:
    """Settings with the reasons that they have, whatever prefix a platform gives to its environment."""
    by_name = {setting.name: setting for setting in settings}
    by_variable = {setting.name.rpartition(".")[2]: setting for setting in by_name.values() if "Env." in setting.name}
    result = []
    for name, value in values.items():
        known = by_name.get(name) or (by_variable.get(name.rpartition(".")[2]) if "Env." in name else None)
        how = How.APPEND if name in LISTS else known.how if known else How.SET
        result.append(Setting(name, value, known.reason if known else "the target needs it", how))
    return result
