"""The page quotes texts that the launcher says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "launching.md").read_text(encoding="utf-8")
QUOTED = [
    text for heading in re.findall(r"^### (.+)$", PAGE, re.MULTILINE) for text in re.findall(r"`([^`]+)`", heading)
]


def literals() -> str:
    found = []
    for path in (ROOT / "spark_xacct" / "launch").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


@pytest.mark.parametrize("text", QUOTED)
def test_every_quoted_text_stands_in_the_source(text: str) -> None:
    pieces = [piece.strip(" ;:") for piece in text.split("…") if len(piece.strip(" ;:")) > 3]
    assert max(map(len, pieces)) >= 14, "quote more of it"
    assert [piece for piece in pieces if piece not in literals()] == []


def test_the_page_quotes_them() -> None:
    assert len(QUOTED) >= 10
