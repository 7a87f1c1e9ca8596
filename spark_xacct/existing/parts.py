"""What of a target's settings goes where in a file of somebody's: which place, by which names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from spark_xacct import keys
from spark_xacct.targets import files
from spark_xacct.targets.files import ExistingFile, FileRefused, Form, Names, Place
from spark_xacct.targets.files.classification_names import SPARK_DEFAULTS
from spark_xacct.targets.files.glue_json import ARGUMENTS, INSTALLER_OPTION, MODULES
from spark_xacct.targets.files.glue_json import LISTS as GLUE_LISTS
from spark_xacct.targets.job import is_placeholder
from spark_xacct.targets.merging import LISTS, entries
from spark_xacct.targets.registry import Rendered
from spark_xacct.targets.setting import How, Setting


def check_form(file: ExistingFile, rendered: Rendered) -> None:
    """Raises FileRefused for a file that nobody reads at the target. JSON of another service of EMR is no such one: ``unfit`` is asked."""
    target = rendered.target
    if target.python_only:
        raise FileRefused(
            f"{file.name}: {target.name} has no settings of Spark or Hadoop; drop --with, or name another target"
        )
    of_emr = all(form.casing for form in file.forms) and any(form.casing for form in target.goes_into)
    if not of_emr and not set(file.forms) & set(target.goes_into):
        taken = " or ".join(form.value for form in target.goes_into)
        raise FileRefused(f"{file.name}: settings of {target.name} do not go into {file.kind}; name {taken}")


def service_of(rendered: Rendered) -> Form | None:
    """The service of EMR that reads the target's files; None where it may be any."""
    services = [form for form in rendered.target.goes_into if form.casing is not None]
    return services[0] if len(services) == 1 else None


def said_by_option(rendered: Rendered) -> frozenset[str]:
    """The settings that the target says to spark-submit, beside its classifications."""
    return frozenset(name for place in _own_places(rendered) if place.everywhere for name in place.settings)


def modules_of_others(file: ExistingFile, rendered: Rendered) -> list[str]:
    """The Python modules of a job of Glue beside ours, for which the installer's option would hold too; none where it is there."""
    ours = rendered.content.get("request", {}).get(ARGUMENTS, {})
    there = {name: value for place in file.of(Names.OTHER) for name, value in place.settings.items()}
    if Form.GLUE not in file.forms or INSTALLER_OPTION in there:
        return []
    return [entry for entry in entries(there.get(MODULES)) if entry not in entries(ours.get(MODULES))]


def parts(file: ExistingFile, rendered: Rendered) -> Iterator[tuple[Names, str, list[Setting]]]:
    """The target's settings by the place that they go to in this file: whose names, which classification."""
    target, hadoop_alone = rendered.target.name, only_hadoop(rendered)
    own = _own_places(rendered)
    every_spark, every_hadoop = list(rendered.settings.spark_settings()), list(rendered.settings.hadoop)
    # A target that writes JSON says by it what the driver's environment is called there.
    spark = _with_lists(_known(_all_of(own), every_spark), every_spark) if own else every_spark
    spark = [one for one in spark if one.name not in LISTS or not _has(file, one)]
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
    # A file without classifications, as Livy's, has one place only, and Glue's what its own request has.
    is_glue = Form.GLUE in file.forms
    has_places = any(place.names is Names.SPARK for place in own)
    if not has_places or not (is_glue or file.new_place(Names.HADOOP, SPARK_DEFAULTS)):
        yield Names.SPARK, SPARK_DEFAULTS, spark
        return
    below = (place for place in own if place.names in (Names.HADOOP, Names.OTHER))
    for names, classification in dict.fromkeys((place.names, place.classification) for place in below):
        settings = _merged_settings(place for place in own if place.classification == classification)
        if modules_of_others(file, rendered):
            settings.pop(INSTALLER_OPTION, None)
        yield names, classification, _known(settings, every_hadoop)
    of_spark = _known(_merged_settings(place for place in own if place.names is Names.SPARK), every_spark)
    yield Names.SPARK, SPARK_DEFAULTS, _with_lists(of_spark, every_spark)


def only_hadoop(rendered: Rendered) -> list[Setting] | None:
    """The settings of a target that writes one of Hadoop's own files, None for others."""
    properties = rendered.content.get("properties")
    if not isinstance(properties, dict) or any(name.startswith("spark.") for name in properties):
        return None
    return [setting for setting in rendered.settings.hadoop if setting.name in properties]


def _own_places(rendered: Rendered) -> list[Place]:
    """Where the target itself puts its settings, if it writes JSON."""
    # Beside the request of a job stands what is for others.
    content = rendered.content.get("request", rendered.content)
    try:
        return list(files.read(rendered.target.name, json.dumps(content)).places)
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


def _has(file: ExistingFile, setting: Setting) -> bool:
    return all(file.has(setting.name, entry) for entry in entries(setting.value))


def _with_lists(settings: list[Setting], every: Iterable[Setting]) -> list[Setting]:
    """With the lists that a target has fields of its own for, as Livy has: in files they are settings."""
    names = {setting.name for setting in settings}
    return [*(setting for setting in every if setting.name in LISTS and setting.name not in names), *settings]


def _merged_settings(places: Iterable[Place]) -> dict[str, str]:
    return {name: value for place in places for name, value in place.settings.items()}


def _known(values: Mapping[str, str], settings: Iterable[Setting]) -> list[Setting]:
    """Settings with the reasons that they have, whatever prefix a platform gives to its environment."""
    by_name = {setting.name: setting for setting in settings}
    by_variable = {setting.name.rpartition(".")[2]: setting for setting in by_name.values() if "Env." in setting.name}
    result = []
    for name, value in values.items():
        known = by_name.get(name) or (by_variable.get(name.rpartition(".")[2]) if "Env." in name else None)
        how = known.how if known else How.SET
        if name in LISTS or name in GLUE_LISTS:
            how = How.APPEND
        elif name == INSTALLER_OPTION or is_placeholder(value):
            how = How.WHERE_UNSET
        result.append(Setting(name, value, known.reason if known else "the target needs it", how))
    return result
