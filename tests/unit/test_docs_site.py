"""The site of the pages: it builds without a warning, with every page in its navigation, and links out of docs/ lead to pages of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "excluded from the built site" not in done.stderr
    return folder


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("faq", "../SECURITY/"),
        ("emr-on-ec2", "../examples/emr-ec2-emrfs/"),
        ("emr-on-eks", "../examples/emr-eks-chain/"),
        ("examples/emr-ec2-emrfs", "../../emr-on-ec2/#what-to-look-for"),
        ("CONTRIBUTING", "../glossary/"),
    ],
)
def test_a_link_over_the_border_of_docs_leads_to_a_page_of_the_site(site: Path, page: str, link: str) -> None:
    assert f'href="{link}"' in (site / page / "index.html").read_text(encoding="utf-8")
    assert (site / page / link.partition("#")[0] / "index.html").is_file()


def test_the_site_has_a_first_page_and_no_program(site: Path) -> None:
    assert "<title>" in (site / "index.html").read_text(encoding="utf-8")
    assert [path.name for path in site.rglob("*.py")] == []


def test_a_reader_of_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert [text for text in pages if "fonts.googleapis.com" in text or '<script src="http' in text] == []
