"""Hadoop's own file system contract, through our provider, on a bucket of a role whose sessions run out all the while."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hadoop_jvm import ROOT, HadoopJvm
from readers import SPARKS, needs_java

from spark_xacct.lab import Lab

MODULE = ROOT / "jvm_shim" / "contract"
WRITER = "arn:aws:iam::777788889999:role/writer"
BUCKET = "partner-out"
LIFE = 20
CLASSES = {
    f"{part}ContractTest"
    for part in (
        "BulkDelete", "Create", "Delete", "GetFileStatus", "Mkdir",
        "MultipartUploader", "Open", "Rename", "Seek", "VectoredRead",
    )
}  # fmt: skip

# They fail alike with Hadoop's own credentials provider in place of ours.
NOT_OURS = {
    "BulkDeleteContractTest.testBulkDeleteParentDirectoryWithDirectories": "S3A deletes keys in bulk and does not look for children",
    "BulkDeleteContractTest.testBulkDeleteParentDirectoryWithFiles": "S3A deletes keys in bulk and does not look for children",
    "BulkDeleteContractTest.validatePageSize": "the contract's default page is 1; S3A's is 250",
    "MultipartUploaderContractTest.testDirectoryInTheWay": "S3A lets an object and a prefix have one name",
    "MultipartUploaderContractTest.testMultipartUploadAbort": "MiniStack forgets an aborted upload at once: a second abort is NoSuchUpload",
    "RenameContractTest.testRenameDirIntoExistingDir": "S3A does not rename into a directory that holds something",
    "RenameContractTest.testRenameFileUnderFileSubdir": "S3A does not look for files among the parents of a destination",
}

pytestmark = [
    pytest.mark.slow,
    needs_java,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(shutil.which("mvn") is None, reason="no mvn on PATH (Debian: apt-get install maven)"),
    pytest.mark.parametrize("spark", [item for item in SPARKS if item.release == "spark-4"], ids=["hadoop-3.4.1"]),
]


def outcomes(reports: Path) -> dict[str, str]:
    """Test -> "passed", "skipped" or the first line of its failure."""
    found = {}
    for report in reports.glob("TEST-*.xml"):
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{case.attrib['classname'].rpartition('.')[2]}.{case.attrib['name']}"
            problems = [item for item in case if item.tag in ("failure", "error")]
            skipped = case.find("skipped") is not None
            found[name] = (problems[0].text or "").split("\n")[0] if problems else "skipped" if skipped else "passed"
    return found


def test_s3a_keeps_the_contract_under_a_role(hadoop: HadoopJvm, lab: Lab) -> None:
    reports = MODULE / "target" / "surefire-reports"
    shutil.rmtree(reports, ignore_errors=True)
    settings = hadoop.lab_settings()
    properties = {
        "xacct.jar": hadoop.jar,
        "xacct.site": hadoop.folder,
        "xacct.lab.endpoint": settings["fs.s3a.endpoint"],
        "xacct.lab.region": settings["fs.s3a.endpoint.region"],
        "xacct.contract.bucket": BUCKET,
    }
    defined = [f"-D{name}={value}" for name, value in properties.items()]
    with lab.short_lives(LIFE):
        done = subprocess.run(
            ["mvn", "-q", "-B", "-ntp", "-f", str(MODULE / "pom.xml"), "test", *defined],
            capture_output=True, text=True, check=False, env=hadoop.environment(),
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]

    ran = outcomes(reports)
    failed = {name: outcome for name, outcome in ran.items() if outcome not in ("passed", "skipped")}
    for name, reason in NOT_OURS.items():
        print(f"excluded: {name}: {reason}")
    print(f"{len(ran)} tests, {sum(outcome == 'passed' for outcome in ran.values())} passed")
    assert failed.keys() == NOT_OURS.keys(), {name: failed[name] for name in failed if name not in NOT_OURS}
    assert {name.partition(".")[0] for name, outcome in ran.items() if outcome == "passed"} == CLASSES
    calls = lab.calls(service="s3")
    assert {(call.role, call.bucket) for call in calls} == {(WRITER, BUCKET)}
    assert not [call for call in calls if call.refused]
    assert len({call.access_key_id for call in calls}) > 2, "no session ran out"
