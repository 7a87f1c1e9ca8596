"""Formats of files that are there: recognised by content, changed in place, left alone where they are not understood."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from fakes.existing_files import CORE_SITE, EC2, EKS, EMR_7_1, GLUE, LIVY, RUN_JOB_FLOW, SERVERLESS, merged

from spark_xacct.targets import files
from spark_xacct.targets.files import Change, FileRefused, submit_parameters

# What a file is


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (EMR_7_1, "properties of Spark"),
        ("", "properties of Spark"),
        ("# nothing yet\n", "properties of Spark"),
        ("\ufeffspark.master yarn\n", "properties of Spark"),
        (CORE_SITE, "Hadoop XML"),
        ("\n  <configuration/>", "Hadoop XML"),
        (EC2, "JSON of EMR on EC2"),
        (RUN_JOB_FLOW, "JSON of EMR on EC2"),
        (EKS, "JSON of EMR on EKS and Serverless"),
        (SERVERLESS, "JSON of EMR"),
        (LIVY, "JSON of Livy"),
        (GLUE, "JSON of AWS Glue"),
        ('{"Command": {"Name": "glueetl", "ScriptLocation": "s3://corp/job.py"}}', "JSON of AWS Glue"),
        ('{"conf": {}}', "JSON of Livy"),
        ('{"AuthorizationConfiguration": {"EmrFsConfiguration": {"RoleMappings": [{"Role": "x"}]}}}', "security configuration of EMR"),
    ],
)  # fmt: skip
def test_content_and_not_the_name_says_what_a_file_is(text, kind):
    assert files.read("any.name", text).kind == kind


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 1\nbase: irsa\n", "none"),
        ("#!/bin/sh\nspark-submit --conf spark.x=y job.py\n", "none"),
        ("spark.conf.set('spark.x', 'y')\n", "none"),
        ("export SPARK_HOME=/usr/lib/spark\n", "none"),
        ("fs.s3a.endpoint=x\n", "none"),
        ("sparkConf:\n  spark.executor.memory: 4g\n", "none"),
        ("wJalrXUtnFEMI/K7MDENG\n", "none"),
        ("spark.x \\u12\n", '"\\u12" is not a Unicode escape of a properties file (\\u and four hex digits); mend it there'),
        ("<beans/>", "its root is <beans>, and that of Hadoop XML is <configuration>; name core-site.xml, emrfs-site.xml or their like"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><configuration/>", "it has a DOCTYPE, which a configuration of Hadoop does not need; take it out"),
        ('{"a": 1}', "this JSON holds no settings that are known here: a list of classifications, a request with configurations or sparkSubmitParameters, a body of Livy with conf, or a CreateJob request of Glue"),
        ('{"Classification": "core-site", "Properties": {}}', "this is one classification, and EMR takes a list of them; put it into [ and ]"),
        ('{"conf": {"spark.x": "1", "spark.x": "2"}}', 'the key "spark.x" stands twice in one object, and readers differ in which counts; take one out'),
        ("[profile partner]\nrole_arn = x\n", "this is a file of AWS profiles; spark-xacct import aws-profile reads it"),
        ("[" * 100_000, "its JSON is nested too deep to read"),
    ],
)  # fmt: skip
def test_what_is_none_of_these_is_refused_in_one_line(text, says):
    none = (
        "this is not a file that is known here: spark-defaults.conf (properties with names of Spark), Hadoop XML "
        "(core-site.xml, emrfs-site.xml), JSON (configurations or requests of EMR, a body of Livy, a CreateJob request of Glue)"
    )
    with pytest.raises(FileRefused) as error:
        files.read("my.file", text)
    assert str(error.value) == f"my.file: {none if says == 'none' else says}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<configuration>\n<property></configuration>", "my.file:2: this is not XML: mismatched tag; mend it there"),
        ('{\n  "conf": x\n}', "my.file:2:11: this is not JSON: Expecting value; mend it there"),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_without_its_text(text, says):
    with pytest.raises(FileRefused) as error:
        files.read("my.file", text)
    assert str(error.value) == says


XML = """\
<configuration>
    <property><name>fs.a</name><value>1</value></property> <!-- a note -->
</configuration>
"""


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        (XML, {"fs.a": "<2> & 3"}, XML.replace("<value>1<", "<value>&lt;2&gt; &amp; 3<")),
        (XML, {"fs.a": None}, XML.replace("    <property><name>fs.a</name><value>1</value></property> <!-- a note -->\n", " <!-- a note -->\n")),
        ("<configuration/>", {"fs.b": "1"}, "<configuration>\n  <!-- ours -->\n  <property>\n    <name>fs.b</name>\n    <value>1</value>\n  </property>\n</configuration>"),
        ('<configuration>\n<property name="fs.a" value="1"/>\n</configuration>', {"fs.a": "2"}, "<configuration>\n<property><name>fs.a</name><value>2</value></property>\n</configuration>"),
        ("<configuration>\n<property><name>fs.a</name><value/></property>\n</configuration>", {"fs.a": "2"}, "<configuration>\n<property><name>fs.a</name><value>2</value></property>\n</configuration>"),
        ("<configuration>\n<property><name>fs.a</name><value>1</value></property>\n<property><name>fs.a</name><value>2</value></property>\n</configuration>", {"fs.a": "3"}, "<configuration>\n<property><name>fs.a</name><value>1</value></property>\n<property><name>fs.a</name><value>3</value></property>\n</configuration>"),
    ],
    ids=["escaped", "taken out", "empty root", "attributes", "empty value", "the last one counts"],
)  # fmt: skip
def test_xml_is_changed_value_by_value(text, changes, expected):
    file = files.read("core-site.xml", text)
    result = file.with_changes([Change(file.places[0], name, value) for name, value in changes.items()], "ours")
    assert result == expected
    ElementTree.fromstring(result)


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("--conf a=1  --jars x.jar", {"a": "2", "spark.jars": "x.jar,y.jar"}, "--conf a=2  --jars x.jar,y.jar"),
        ("--conf a=1", {"b": "2", "spark.jars": "y.jar"}, "--conf a=1 --conf b=2 --jars y.jar"),
        ("--conf 'a=1 2' --verbose", {"a": "3"}, "--conf 'a=3' --verbose"),
        ('--conf a="1 2"', {"a": "3"}, '--conf a="3"'),
        ('--jars="x.jar" -c b=1', {"spark.jars": "x.jar,y.jar", "b": "2"}, '--jars="x.jar,y.jar" -c b=2'),
        ("--conf=a=1 --conf b=1", {"a": "2"}, "--conf=a=2 --conf b=1"),
        ("--verbose --conf a=1 --conf b=1", {"a": None}, "--verbose --conf b=1"),
        ("--conf a=1 --conf b=1", {"b": None}, "--conf a=1"),
        ("--conf a=1 --conf a=2", {"a": "3"}, "--conf a=1 --conf a=3"),
        ("--conf a=1 --conf a=2", {"a": None}, ""),
        ("", {"a": "1"}, "--conf a=1"),
        ("--conf a=1", {"a": "x y", "b": '"'}, '--conf "a=x y" --conf "b=\\""'),
        ('--conf "a=1"', {"a": 'x "y" \\ z'}, '--conf "a=x \\"y\\" \\\\ z"'),
    ],
)  # fmt: skip
def test_parameters_of_spark_submit_are_changed_where_they_stand(text, changes, expected):
    result = submit_parameters.changed_text(text, changes)
    assert result == expected
    after = submit_parameters.settings(result)
    assert {name: after.get(name) for name in changes} == changes


def test_a_quote_in_quotes_of_its_kind_is_refused():
    with pytest.raises(FileRefused) as error:
        submit_parameters.changed_text("--conf 'a=1'", {"a": "it's"})
    assert str(error.value) == (
        "a: its value holds a quote, and stands in quotes of that kind; write double quotes there"
    )


@pytest.mark.parametrize(
    ("command", "changes", "expected"),
    [
        (["spark-submit", "--conf", "a=1 2", "s3://x.py"], {"a": '"', "b": "x y"}, ["spark-submit", "--conf", "b=x y", "--conf", 'a="', "s3://x.py"]),
        (["--conf=a=1", "--jars", "x.jar"], {"a": None, "spark.jars": "x.jar,y.jar"}, ["--jars", "x.jar,y.jar"]),
    ],
)  # fmt: skip
def test_arguments_of_a_list_are_what_they_are_without_quotes(command, changes, expected):
    result = submit_parameters.changed_words(command, changes)
    assert result == expected
    assert {name: submit_parameters.given(result).get(name) for name in changes} == changes


# Casing and names of classifications


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("spark-default", '"spark-default" is not a known classification, spark-defaults is: it is left alone'),
        ("lineage", '"lineage" is not a known classification: it is left alone'),
    ],
)
def test_a_classification_that_is_not_known_is_named_and_left_alone(name, says):
    item = {"classification": name, "properties": {"a": "b"}}
    result = merged(json.dumps([{"classification": "spark-defaults", "properties": {}}, item]), "list.json")
    assert (result.notes, result.conflicts) == ((f"list.json: [1]: {says}",), ())
    assert json.loads(result.text)[1] == item
    assert not [line for line in result.diff.splitlines() if line[:1] in "+-" and "lineage" in line]


def test_reading_files_needs_nothing_beside_the_standard_library():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert "spark_xacct" in loaded
    for module in Path(files.__file__).parent.glob("*.py"):
        imported = re.findall(r"^(?:from|import) ([\w.]+)", module.read_text(encoding="utf-8"), re.MULTILINE)
        assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "spark_xacct"}


DRIVER = '"jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "s3://code/a.py"}}'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            f'{{{DRIVER}, "configurationOverrides": []}}',
            "x.json: configurationOverrides is not an object; mend it there",
        ),
        (
            f'{{{DRIVER}, "configurationOverrides": {{"applicationConfiguration": "x"}}}}',
            "x.json: configurationOverrides.applicationConfiguration is not a list; mend it there",
        ),
        ('{"JobFlowRole": "a", "Configurations": {}}', "x.json: Configurations is not a list; mend it there"),
        ('{"kind": "pyspark", "conf": "x"}', "x.json: conf is not an object; mend it there"),
        (
            '[{"Classification": "core-site", "Properties": ["a"]}]',
            "x.json: [0].Properties is not an object; mend it there",
        ),
        (
            '{"jobDriver": {"sparkSubmit": {"sparkSubmitParameters": ["--conf", "a=b"]}}}',
            "x.json: jobDriver.sparkSubmit.sparkSubmitParameters is not text; mend it there",
        ),
        (
            '{"Command": {"ScriptLocation": "s3://a"}, "DefaultArguments": "--conf a=b"}',
            "x.json: DefaultArguments is not an object; mend it there",
        ),
        (
            '{"JobDriver": {"SparkSubmitJobDriver": {"EntryPoint": "s3://a"}}}',
            "x.json: JobDriver is not a known member; write jobDriver",
        ),
        ('{"conf": {}, "deep": ' + "[" * 600 + "]" * 600 + "}", "x.json: its JSON is nested too deep to read"),
    ],
    ids=["overrides", "application", "cluster", "livy", "properties", "parameters", "glue", "casing", "deep"],
)
def test_json_of_a_shape_that_no_request_has_is_refused_by_place(text, says):
    with pytest.raises(FileRefused) as error:
        files.read("x.json", text)
    assert str(error.value) == says


def test_properties_of_a_step_are_a_list_and_no_classification_s():
    step = {
        "HadoopJarStep": {
            "Jar": "a.jar",
            "Properties": [{"Key": "a", "Value": "b"}],
            "Args": ["spark-submit", "s3://a.py"],
        }
    }
    assert len(files.read("steps.json", json.dumps({"JobFlowId": "j-1", "Steps": [step]})).places) == 1
