"""What may be written as a release: versions with few digits, and tails that fit into every comment."""

from __future__ import annotations

import pytest

from spark_xacct.errors import TargetError
from spark_xacct.targets import releases


@pytest.mark.parametrize(
    "name", ["emr-7.9.0-latest", "emr-7.9.0-java17-latest-amd64", "livy/emr-7.9.0-20250102", "spark-4.0.1"]
)
def test_label_with_a_tail_is_taken(name: str) -> None:
    assert releases.resolve(name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "emr-99.0.0--x",
        "emr-99.0.0-x--y",
        "emr-7.9.0-",
        "emr-7.9.0-x>",
        "emr-7.9.0-x\n",
        "emr-7.9.\u0660",
        "spark-4\n",
        "spark-" + "4" * 5000,
        "emr-7.9." + "0" * 5000,
    ],
    ids=["ends a comment of XML", "further behind", "ends in a dash", "angle", "line end", "other digits", "line end of spark", "spark", "emr"],
)  # fmt: skip
def test_label_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(TargetError) as raised:
        releases.resolve(name)

    assert str(raised.value) == (f'release "{name}" is not known; known are {releases.known()}')
