"""The example of AWS's guide on EMR on EKS: its page shows what commands print, and its programs know nothing of us."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from spark_xacct import declaration
from spark_xacct.targets import service_accounts

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "emr-eks-chain"
PAGE = (EXAMPLE / "README.md").read_text(encoding="utf-8")
PROGRAMS = ("spark_and_boto3.py", "boto3_only.py")


def generate():
    spec = importlib.util.spec_from_file_location("docs_generate_of_examples", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_quoted_commands_print_what_the_page_says():
    module = generate()
    assert len(module._OUTPUT.findall(PAGE)) == 3
    assert module.written(PAGE) == PAGE


def test_files_that_the_page_names_are_there():
    assert set(re.findall(r"`([a-z0-9_]+\.(?:py|yaml))`", PAGE)) == {"xacct.yaml", *PROGRAMS}
    assert all((EXAMPLE / name).is_file() for name in ("xacct.yaml", *PROGRAMS))


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_import_nothing_of_ours(name):
    tree = ast.parse((EXAMPLE / name).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"json", "sys", "boto3", "pyspark.sql"}
    assert ("pyspark.sql" in imported) == (name == "spark_and_boto3.py")


def test_the_declaration_names_the_service_accounts_of_its_role():
    found = declaration.load(EXAMPLE / "xacct.yaml").access_map
    assert service_accounts.problem_with(found.documents["service_account"], found.base.arn.resource_name) is None
