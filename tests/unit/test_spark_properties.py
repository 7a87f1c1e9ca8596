"""Property files: read as Spark reads them, written so that java.util.Properties reads them back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from readers import JAVA, SPARKS, needs_java, read

from spark_xacct.spark import properties

TEXTS = {
    "separators": ("a=1\nb:2\nc 3\nd\t4\ne = 5\nf : 6\n  g   7", dict(zip("abcdefg", "1234567", strict=True))),
    "only the first separator counts": ("a==1\nb := 2\nc  =:3", {"a": "=1", "b": "= 2", "c": ":3"}),
    "no value": ("a\nb=\nc ", {"a": "", "b": "", "c": ""}),
    "comments and blank lines": ("# x=1\n  ! y=2\n\n \t\na=# no comment", {"a": "# no comment"}),
    "continued lines": ("a=1,\\\n   2,\\\r\n\t3\nb=4\\\n\nc=5", {"a": "1,2,3", "b": "4", "c": "5"}),
    "an even number of backslashes does not continue": ("a=1\\\\\nb=2", {"a": "1\\", "b": "2"}),
    "a comment is not continued": ("# a\\\nb=1", {"b": "1"}),
    "escapes": ("a\\ b\\=c\\:d=x\\t|\\n|\\q|\\\\|\\u00e4|\\ud83d\\ude00", {"a b=c:d": "x\t|\n|q|\\|ä|😀"}),
    "values are trimmed but for line breaks": ("a=  1 2 \t\nb=\\u0020x\\n", {"a": "1 2", "b": "x\n"}),
    "the last one wins": ("a=1\na=2", {"a": "2"}),
    "line ends": ("a=1\rb=2\r\nc=3", {"a": "1", "b": "2", "c": "3"}),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_reads_as(text, expected):
    assert properties.parse(text) == expected


@pytest.mark.parametrize("text", ["a=\\u12", "a=\\u12g4", "a\\uzzzz=1"])
def test_a_broken_escape_is_refused(text):
    with pytest.raises(ValueError, match="is not a Unicode escape of a properties file"):
        properties.parse(text)


# Heavy in the characters that mean something.
PIECES = st.sampled_from([*" \t\f\n\r\\\\\\=:#!,au0", "\\u00e4", "\\\n", "\\\r\n", "\n#", "\\\\", "spark.x", "ä", "😀"])
FILES = st.lists(PIECES, max_size=30).map("".join)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SEVERAL = settings(
    max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)


def readable(text: str) -> bool:
    try:
        properties.parse(text)
    except ValueError:
        return False
    return True


@needs_java
@pytest.mark.spark
@pytest.mark.skipif(not SPARKS, reason="no pyspark of the test set-up")
@SEVERAL
@given(texts=st.lists(FILES.filter(readable), min_size=150, max_size=250))
def test_any_file_reads_as_spark_reads_it(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("properties")
    files = [folder / str(number) for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_bytes(text.encode("utf-8"))
    found = read([("spark", file) for file in files], SPARKS[-1])
    assert len(found) == len(texts)
    wrong = [
        (text, properties.parse(text), theirs)
        for text, theirs in zip(texts, found, strict=True)
        if properties.parse(text) != theirs
    ]
    assert wrong[:1] == []


@needs_java
@SEVERAL
@given(pairs=st.lists(st.tuples(ANY_TEXT.filter(bool), ANY_TEXT), min_size=150, max_size=250))
def test_any_line_is_read_back_by_java(tmp_path_factory, pairs):
    assert JAVA
    folder = tmp_path_factory.mktemp("lines")
    files = [folder / str(number) for number in range(len(pairs))]
    for file, (name, value) in zip(files, pairs, strict=True):
        file.write_text(properties.line(name, value) + "\n", encoding="utf-8")
    found = read([("properties", file) for file in files])
    assert len(found) == len(pairs)
    assert [(pair, theirs) for pair, theirs in zip(pairs, found, strict=True) if theirs != dict([pair])][:1] == []
