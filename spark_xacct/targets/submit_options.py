"""Options of spark-submit that users give, joined with ours, as the arguments of a command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from spark_xacct import keys
from spark_xacct.errors import TargetError
from spark_xacct.targets.job import Job
from spark_xacct.targets.merging import LISTS, merge
from spark_xacct.targets.setting import How, Setting
from spark_xacct.targets.spark_submit import OPTIONS


def spark_options(target: str, job: Job, settings: Sequence[Setting], whole: bool) -> list[str]:
    """Options of spark-submit: the user's with our entries in their lists, and ours where the command is to carry them."""
    given, others = _given([word for one in job.parameters for word in _words(target, one)])
    # What is only a default of ours gives way to the user's own.
    merged = merge(given, [one for one in settings if not (one.how is How.WHERE_UNSET and given.get(one.name))])
    if merged.conflicts:
        raise TargetError("\n".join(f"{target}: --parameter: {conflict}" for conflict in merged.conflicts))
    carried = [(name, value) for name, value in merged.settings.items() if whole or name in given]
    return [part for name, value in carried for part in _option(name, value)] + others


def _words(target: str, parameter: str) -> list[str]:
    """One parameter as arguments of a command: an option and its value may stand in one text, as a shell would take them."""
    if not (parameter.startswith("-") and " " in parameter):
        return [parameter]
    try:
        return shlex.split(parameter)
    except ValueError as error:
        raise TargetError(
            f"{target}: --parameter cannot be taken apart ({error}); close the quotes of its values"
        ) from None


def _option(name: str, value: str) -> tuple[str, str]:
    return (OPTIONS[name], value) if name in OPTIONS else ("--conf", f"{name}={value}")


def _given(parameters: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What the user's options say of settings that we or the plan have a say in, by name; and all other options as they are."""
    settings: dict[str, str] = {}
    others: list[str] = []
    for option, value in _pairs(parameters):
        name = _setting(option, value)
        if name is None:
            others += [option] if value is None else [option, value]
        else:
            settings[name] = str(value).partition("=")[2] if option in ("--conf", "-c") else str(value)
    return settings, others


def _setting(option: str, value: str | None) -> str | None:
    """The name of the setting that an option sets, None where it is none of ours to join."""
    named = {written: name for name, written in OPTIONS.items()}.get(option)
    if named is None and option in ("--conf", "-c"):
        name = str(value).partition("=")[0]
        return name if name in LISTS or "xacct" in name.lower() or name.startswith(keys.SPARK_HADOOP_PREFIX) else None
    return named


def _pairs(parameters: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each option that may name a setting with its value; the rest one by one."""
    written = iter(parameters)
    for option in written:
        name, separator, value = option.partition("=")
        if name in (*OPTIONS.values(), "--conf", "-c"):
            yield name, value if separator else next(written, "")
        else:
            yield option, None
