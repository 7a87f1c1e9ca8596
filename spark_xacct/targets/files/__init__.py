"""Files of settings that people have: recognised by what stands in them, changed in place, shown without secrets."""

from __future__ import annotations

import re

from spark_xacct.targets.files import emr_json, glue_json, hadoop_xml, properties_file
from spark_xacct.targets.files.emr_json import SECURITY
from spark_xacct.targets.files.existing import Change, ExistingFile, FileRefused, Names, Place
from spark_xacct.targets.files.forms import Form
from spark_xacct.targets.files.hadoop_xml import KIND as HADOOP_XML
from spark_xacct.targets.files.properties_file import KIND as PROPERTIES

# Sections of the AWS configuration file, which begin as a list of JSON does.
_PROFILES = re.compile(r"\[(?:default|(?:profile|sso-session|services)\s[^\]]*)\]")

__all__ = [
    "HADOOP_XML",
    "PROPERTIES",
    "SECURITY",
    "Change",
    "ExistingFile",
    "FileRefused",
    "Form",
    "Names",
    "Place",
    "read",
]


def read(name: str, text: str) -> ExistingFile:
    """The file of this name and text. Raises FileRefused for what is no file of settings; its name is for people only."""
    text = text[1:] if text.startswith("\ufeff") else text
    start = text.lstrip()
    if _PROFILES.match(start):
        raise FileRefused(f"{name}: this is a file of AWS profiles; spark-xacct import aws-profile reads it")
    if start.startswith("<"):
        return hadoop_xml.read(name, text)
    if start.startswith(("{", "[", "%%configure")):
        return glue_json.read(name, text) or emr_json.read(name, text)
    found = properties_file.read(name, text)
    if found is not None:
        return found
    raise FileRefused(
        f"{name}: this is not a file that is known here: spark-defaults.conf (properties with names of Spark), Hadoop XML "
        "(core-site.xml, emrfs-site.xml), JSON (configurations or requests of EMR, a body of Livy, a CreateJob request of Glue)"
    )
