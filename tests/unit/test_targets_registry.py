"""Adding a target or a release touches one place: everything else reads the registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from fakes import jar
from fakes.target_jobs import fitting
from fakes.target_plans import named

from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.targets import connectors, installed, releases

ROOT = Path(__file__).parents[2]


def test_the_first_targets_are_there():
    assert {"builder", "core-site", "emrfs-site", "spark-defaults", "spark-submit"} <= set(targets.names())


@pytest.fixture
def fake_target():
    target = targets.register(
        targets.Target(
            name="fake-notebook",
            doc="a place of this test",
            content=lambda settings, job: {"lines": len(settings.hadoop)},
            write=lambda rendered: {
                "lines.txt": f"{rendered.content['lines']} lines for {rendered.settings.plan.id}\n"
            },
            limits="three lines",
            default_release="spark-4",
        )
    )
    yield target
    targets.unregister(target.name)


def test_a_target_registered_from_a_test_is_listed_described_and_rendered(fake_target):
    assert "fake-notebook" in targets.names()
    assert {
        "target": "fake-notebook",
        "what": "a place of this test",
        "flavours": "shim, hadoop",
        "limits": "three lines",
    } in targets.table()
    rendered = targets.render("fake-notebook", named())
    assert rendered.text() == f"{rendered.data['lines']} lines for {named().id}\n"
    assert rendered.data["release"] == "spark-4"


def test_two_targets_of_one_name_are_refused(fake_target):
    with pytest.raises(ValueError, match="target fake-notebook is registered twice"):
        targets.register(fake_target)


def test_a_release_registered_from_a_test_is_listed_and_rendered_by_every_target():
    fake = releases.register(releases.Release("acme-9", (3, 4, 1), {"s3a": connectors.S3A_V2, "s3": connectors.EMRFS}))
    try:
        assert "acme-9" in releases.names()
        (row,) = [row for row in releases.table() if row["release"] == "acme-9"]
        assert {name: value for name, value in row.items() if value} == {
            "release": "acme-9",
            "hadoop": "3.4.1",
            "s3": "EMRFS on AWS SDK v1",
            "s3a": "S3A on AWS SDK v2",
        }
        for name in targets.names():
            if targets.find(name).flavours[0] is targets.Flavour.SHIM:
                plan, job = fitting(name, named())
                assert targets.render(name, plan, fake.name, job=job).data["release"] == "acme-9"
    finally:
        releases.unregister("acme-9")


def test_every_target_has_its_commented_folder():
    for name in targets.names():
        folder = ROOT / "conf_templates" / name
        assert (folder / "README.md").read_text(encoding="utf-8").startswith(f"# {name}\n")
        for template in folder.glob("*.j2"):
            assert template.read_text(encoding="utf-8").startswith("{# ")


@pytest.mark.parametrize("name", [name for name in targets.names() if targets.find(name).flavours[0] == "shim"])
def test_data_is_json_and_says_what_it_is(name):
    plan, job = fitting(name, named())
    data = targets.render(name, plan, "emr-7.9.0", job=job).data
    assert json.loads(json.dumps(data)) == data
    assert (data["target"], data["release"], data["flavour"], data["plan"]) == (name, "emr-7.9.0", "shim", plan.id)
    assert data["comments"][0] == plan.about


def test_an_unknown_target_names_those_that_exist():
    with pytest.raises(TargetError) as error:
        targets.render("mars", named())
    assert str(error.value) == f'target "mars" is not known; known are {", ".join(targets.names())}'


@pytest.mark.parametrize(
    ("name", "hadoop", "s3", "s3a"),
    [
        ("spark-3.3", "3.3.2", "s3a-v1", "s3a-v1"),
        ("spark-3.5", "3.3.4", "s3a-v1", "s3a-v1"),
        ("spark-3.5.9", "3.3.4", "s3a-v1", "s3a-v1"),
        ("spark-4", "3.4.1", "s3a-v2", "s3a-v2"),
        ("spark-4.1", "3.4.2", "s3a-v2", "s3a-v2"),
        ("spark-4.3", "3.5.0", "s3a-v2", "s3a-v2"),
        ("emr-6.15.0", "3.3.6", "emrfs", "s3a-v1"),
        ("emr-7.3.0", "3.3.6", "emrfs", "s3a-v1"),
        ("emr-7.4.0-java11-latest", "3.4.0", "emrfs", "s3a-v2"),
        ("notebook-spark/emr-7.9.0", "3.4.1", "emrfs", "s3a-v2"),
        ("emr-5.36.2", "2.10.1", "emrfs", "s3a-v1"),
        ("emr-6.5.0", "3.2.1", "emrfs", "s3a-v1"),
        ("emr-7.0.0-latest", "3.3.6", "emrfs", "s3a-v1"),
        ("emr-7.12.0-latest", "3.4.1", "s3a-v2", "s3a-v2"),
        ("emr-7.14.0", "3.4.2", "s3a-v2", "s3a-v2"),
        ("emr-spark-8.0.0-latest", "3.4.2", "s3a-v2", "s3a-v2"),
        ("glue-5.0", "3.4.1", "emrfs", "s3a-v2"),
        ("glue-5.1", "3.4.1", "s3a-v2", "s3a-v2"),
        ("emr-spark-8.1.0", "3.4.2", "s3a-v2", "s3a-v2"),
    ],
)
def test_a_release_is_the_last_row_at_or_below_it(name, hadoop, s3, s3a):
    release = releases.resolve(name)
    assert (release.hadoop_text, release.schemes["s3"].name, release.schemes["s3a"].name) == (hadoop, s3, s3a)
    assert release.notes == ()


def test_a_release_beyond_the_table_takes_the_last_row_and_says_so():
    for name, last in {
        "spark-5.0": "spark-4.3",
        "emr-7.15.0": "emr-7.14.0",
        "emr-7.99.0": "emr-7.14.0",
        "emr-spark-8.2.0-latest": "emr-spark-8.1.0",
        "glue-6.0": "glue-5.1",
    }.items():
        newer = releases.resolve(name)
        assert newer.notes == (f"release {name} is newer than this table; it is taken for {last} and later",)
        assert newer.schemes == releases.resolve(last).schemes


def test_a_label_after_emr_7_says_how_its_successor_is_called():
    assert releases.resolve("emr-8.0.0").notes == (
        "release emr-8.0.0 is newer than this table; it is taken for emr-7.14.0 and later",
        "what comes after EMR 7 is called emr-spark-8.0.0",
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("spark-3.2", "release spark-3.2 is too old; the oldest that is known is spark-3.3"),
        ("emr-6.4.0", "release emr-6.4.0 is too old; the oldest that is known is emr-6.5.0"),
        ("emr-5.35.0", "release emr-5.35.0 is too old; the oldest that is known is emr-5.36.0"),
        ("glue-3.0", "release glue-3.0 is too old; the oldest that is known is glue-4.0"),
        ("7.9", 'release "7.9" is not known; write emr-7.9.0'),
        ("6.15.0", 'release "6.15.0" is not known; write emr-6.15.0'),
        ("4", 'release "4" is not known; write spark-4'),
        ("3.5.1", 'release "3.5.1" is not known; write spark-3.5.1'),
        ("emr-7.12", 'release "emr-7.12" is not known; write emr-7.12.0'),
        ("emr-spark-8.1", 'release "emr-spark-8.1" is not known; write emr-spark-8.1.0'),
        (
            "acme",
            'release "acme" is not known; known are spark-3.3 to spark-4.3, emr-5.36.0 to emr-7.14.0, emr-spark-8.0.0 to '
            "emr-spark-8.1.0, glue-4.0 to glue-5.1",
        ),
    ],
)
def test_a_release_that_is_not_known_is_refused(name, message):
    with pytest.raises(TargetError) as error:
        releases.resolve(name)
    assert str(error.value) == message


def pyspark_folder(folder: Path, version: str, hadoop: str | None, jars: str = "jars") -> Path:
    pyspark = folder / "spark" / "python" / "pyspark"
    pyspark.mkdir(parents=True)
    (pyspark / "version.py").write_text(f'# licence\n__version__: str = "{version}"\n', encoding="utf-8")
    if hadoop is not None:
        (pyspark / jars).mkdir()
        (pyspark / jars / f"hadoop-client-api-{hadoop}.jar").touch()
    return pyspark


@pytest.mark.parametrize(
    ("version", "hadoop", "jars", "line"),
    [
        ("3.5.9", "3.3.4", "jars", "s3a-v1"),
        ("4.3.0", "3.5.0", "jars", "s3a-v2"),
        ("3.5.1", "3.4.1-corp", "../../jars", "s3a-v2"),
        ("4.0.1", None, "jars", "s3a-v2"),
    ],
)
def test_the_pyspark_found_decides_by_its_hadoop_client(tmp_path, monkeypatch, version, hadoop, jars, line):
    found = installed.find(pyspark_folder(tmp_path, version, hadoop, jars))
    monkeypatch.setattr(installed, "find", lambda **_: found)
    release = releases.resolve(None)
    assert release.schemes["s3a"].name == line
    assert release.maps_s3
    assert release.hadoop_text == (hadoop or "3.4.1").split("-")[0]


@pytest.mark.parametrize(("version", "hadoop"), [("3.5.0+amzn.1", "3.3.6-amzn-3"), ("3.5.0", "3.3.6-amzn-3")])
def test_the_pyspark_of_emr_maps_no_scheme_and_gets_the_keys_of_both_connectors(tmp_path, monkeypatch, version, hadoop):
    found = installed.find(pyspark_folder(tmp_path, version, hadoop, "../../jars"))
    monkeypatch.setattr(installed, "find", lambda **_: found)
    release = releases.resolve(None)
    assert not release.maps_s3
    assert [connector.name for connector in release.connectors] == ["s3a-v1", "emrfs"]


def test_a_zipped_pyspark_of_spark_submit_is_read(tmp_path):
    library = tmp_path / "spark" / "python" / "lib"
    library.mkdir(parents=True)
    with zipfile.ZipFile(library / "pyspark.zip", "w") as archive:
        archive.writestr("pyspark/version.py", '__version__: str = "4.3.0"\n')
    (tmp_path / "spark" / "jars").mkdir()
    (tmp_path / "spark" / "jars" / "hadoop-client-api-3.4.1.jar").touch()
    found = installed.find(library / "pyspark.zip" / "pyspark")
    assert found == installed.InstalledPyspark("4.3", (3, 4, 1))


def test_the_jars_of_spark_home_decide_over_those_beside_pyspark(tmp_path):
    pyspark = pyspark_folder(tmp_path / "pip", "3.5.9", "3.3.4")
    (tmp_path / "home" / "jars").mkdir(parents=True)
    (tmp_path / "home" / "jars" / "hadoop-client-api-3.4.1.jar").touch()
    found = installed.find(pyspark, spark_home=str(tmp_path / "home"))
    assert found == installed.InstalledPyspark("3.5", (3, 4, 1))


@pytest.mark.parametrize(
    ("spark", "hadoop", "line", "maps"),
    [
        ("3.5.9", "3.3.4", "s3a-v1", True),
        ("4.3.0", "3.5.0", "s3a-v2", True),
        ("3.5.0+amzn.1", "3.3.6-amzn-3", "s3a-v1", False),
    ],
)
def test_a_live_jvm_says_its_release(spark, hadoop, line, maps):
    release = releases.running(spark, hadoop)
    assert (release.schemes["s3a"].name, release.maps_s3) == (line, maps)


def test_no_pyspark_in_a_folder_without_its_version(tmp_path):
    assert installed.find(tmp_path) is None


def test_without_pyspark_the_release_must_be_said(monkeypatch):
    monkeypatch.setattr(installed, "find", lambda **_: None)
    with pytest.raises(TargetError) as error:
        targets.render("spark-submit", named())
    assert str(error.value) == (
        "no pyspark is installed here, so the release is not known; say --release spark-3.5, spark-4 or an EMR label"
    )
    assert targets.render("emrfs-site", named()).data["release"] == "emr-7.9.0"


def run(archive: Path, program: str, folder: Path) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{archive}:{ROOT / 'tests'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-c", program]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=environment, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_targets_and_templates_are_found_in_a_zip(tmp_path):
    program = (
        "import spark_xacct\n"
        "from spark_xacct import targets\n"
        "from fakes.target_plans import named\n"
        "assert '.jar/' in spark_xacct.__file__, spark_xacct.__file__\n"
        "print(targets.names(), targets.render('core-site', named(), 'spark-4').text())\n"
    )
    assert run(jar.packed(tmp_path), program, tmp_path).startswith(f"{targets.names()} <?xml ")


def test_settings_need_no_template_engine_and_text_says_what_is_missing(tmp_path):
    program = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from spark_xacct import targets\n"
        "from fakes.target_plans import named\n"
        "rendered = targets.render('core-site', named(), 'spark-4')\n"
        "assert rendered.data['properties'] and not {'pydantic', 'ruamel', 'pyspark', 'boto3'} & set(sys.modules)\n"
        "try: rendered.text()\n"
        "except Exception as error: print(type(error).__name__ + ': ' + str(error))\n"
    )
    assert run(jar.packed(tmp_path), program, tmp_path) == (
        "MissingDependencyError: rendering text needs jinja2, which is not installed here: pip install jinja2 "
        "(or take --format json)\n"
    )
