"""CreateJob requests of AWS Glue: one argument of the job holds all settings of Spark, others stand beside it.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets.files import spelling, submit_parameters
from spark_xacct.targets.files.existing import Change, ExistingFile, FileRefused, Names, Place
from spark_xacct.targets.files.forms import Form
from spark_xacct.targets.files.json_text import parsed, rewritten, texts_of, without_secrets

KIND = "JSON of AWS Glue"
ARGUMENTS, CONF = "DefaultArguments", "--conf"
MODULES, INSTALLER_OPTION = "--additional-python-modules", "--python-modules-installer-option"
FILES = "--extra-files"
# Arguments that others put entries into as well.
LISTS = frozenset([MODULES, FILES, "--extra-jars", "--extra-py-files"])
# "Job arguments have a maximum size limit of 260KB", the page above.
ARGUMENTS_MAXIMUM_BYTES = 260_000
_OPTION = f"{CONF} "
_MEMBERS = frozenset(["Name", "Role", "Command", "ScriptLocation", ARGUMENTS, "GlueVersion", "NonOverridableArguments"])


@dataclass(frozen=True)
class GlueJson(ExistingFile):
    """Two places: the settings in ``--conf``, and all other arguments."""

    data: Any = field(default=None, repr=False)

    @property
    def forms(self) -> tuple[Form, ...]:
        return (Form.GLUE,)

    def with_changes(self, changes: Iterable[Change], about: str) -> str:
        data = copy.deepcopy(self.data)
        conf: dict[str, str | None] = {}
        others: dict[str, str | None] = {}
        for change in changes:
            (conf if change.place.names is Names.SPARK else others)[change.name] = change.value
        if conf:
            others[CONF] = self._conf(conf)
        if not others:
            return rewritten(self.text, data)
        kept = {name: value for name, value in (data.get(ARGUMENTS) or {}).items() if others.get(name, "") is not None}
        data[ARGUMENTS] = {**kept, **{name: value for name, value in others.items() if value is not None}}
        check_size(f"{self.name}: {ARGUMENTS}", texts_of(data[ARGUMENTS]))
        return rewritten(self.text, data)

    def _conf(self, values: dict[str, str | None]) -> str | None:
        text = submit_parameters.changed_text(_as_options(self.data), values)
        if text and not text.startswith(_OPTION):
            raise FileRefused(
                f"{self.name}: {ARGUMENTS}.{CONF} would begin with {text.split()[0]}, which is not a setting; put one of yours first"
            )
        return text[len(_OPTION) :] or None

    def masked(self, text: str) -> str:
        return rewritten(self.text, without_secrets(json.loads(text)))

    def unfit(self, form: Form | None) -> tuple[str, ...]:
        return tuple(spelling.misspelled_members(self.data, _MEMBERS))


def read(name: str, text: str) -> GlueJson | None:
    """The request; None where it is none of Glue's. Raises FileRefused for arguments that are none."""
    if not text.lstrip().startswith("{"):
        return None
    data = parsed(name, text)
    command = data.get("Command")
    if ARGUMENTS not in data and not (isinstance(command, dict) and "ScriptLocation" in command):
        return None
    arguments = data.get(ARGUMENTS)
    if arguments is not None and not isinstance(arguments, dict):
        raise FileRefused(f"{name}: {ARGUMENTS} is not an object; mend it there")
    others = {key: value for key, value in texts_of(arguments).items() if key != CONF}
    places = (
        Place(f"{ARGUMENTS}.{CONF}", Names.SPARK, submit_parameters.settings(_as_options(data)), (ARGUMENTS, CONF)),
        Place(ARGUMENTS, Names.OTHER, others, (ARGUMENTS,), ARGUMENTS),
    )
    version = data.get("GlueVersion")
    return GlueJson(name, KIND, text, places, release=f"glue-{version}" if version else None, data=data)


def check_size(what: str, arguments: Mapping[str, str]) -> None:
    """Raises TargetError for more than Glue takes; ``what``: whose arguments these are, for people."""
    size = sum(len(name.encode()) + len(value.encode()) for name, value in arguments.items())
    if size > ARGUMENTS_MAXIMUM_BYTES:
        raise TargetError(
            f"{what} would have {size:,} bytes, and {ARGUMENTS_MAXIMUM_BYTES:,} is the limit; declare fewer buckets for this job"
        )


def _as_options(data: Any) -> str:
    """``--conf`` as spark-submit gets it: its value begins with a setting."""
    value = texts_of(data.get(ARGUMENTS)).get(CONF, "")
    return _OPTION + value if value else ""
