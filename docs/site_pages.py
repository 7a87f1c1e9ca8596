"""Puts pages that lie outside docs/ on the site, and leads links there, so that one relative link works on GitHub and on the site.

A hook of MkDocs: https://www.mkdocs.org/user-guide/configuration/#hooks
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = ("SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/*/README.md")
_LINK = re.compile(r"(?<=\]\()(?P<path>[^()\s:#]+)(?=[)#])")


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages outside."""
    for pattern in OUTSIDE:
        for page in sorted(ROOT.glob(pattern)):
            name = page.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(page)))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """The text with links as the site has its pages."""
    here = page.file.src_uri
    folder = posixpath.dirname(project_path(here))

    def led(link: re.Match[str]) -> str:
        target = site_path(posixpath.normpath(posixpath.join(folder, link["path"])))
        return (
            posixpath.relpath(target, posixpath.dirname(here) or ".")
            if files.get_file_from_path(target)
            else link["path"]
        )

    return _LINK.sub(led, markdown)


def project_path(name: str) -> str:
    """Where a page of the site lies in the project."""
    return name if (ROOT / name).is_file() else f"docs/{name}"


def site_path(path: str) -> str:
    """What a file of the project is called on the site: docs/ is its root."""
    return path.removeprefix("docs/")
