"""A job as a launcher is told of it: what runs, as whom, where. What is not said stands as a placeholder for people to fill in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from spark_xacct import version
from spark_xacct.errors import TargetError

_PROPERTIES_FILE = re.compile(r"(?:^|\s)--properties-file(?:[\s=]|$)")
_PLACEHOLDER = re.compile(r"<[a-z][^<>]*>")
JAR_NAME = f"spark-xacct-{version.__version__}.jar"
# Where images and steps put the jar: EMR's own Spark looks nowhere else on every release.
INSTALLED_FOLDER = "/usr/lib/spark/jars"


@dataclass(frozen=True)
class Job:
    """One run of a program.

    ``role``: the ARN that the job runs as, None for the declaration's base.arn. ``on``: the id of the cluster, virtual cluster
    or application it runs on, None for a new one where the target can make one. ``logs``: an S3 URI. ``staging``: a folder of a
    bucket of the platform's own account, which jar and scripts are fetched from. ``image``: the image that carries the jar, None
    where spark.jars brings it. ``parameters``: further options of spark-submit. ``spark_jars``: whether spark.jars brings the jar
    where it would be installed else. ``jar_sha256``: 64 hex digits, of the jar that is staged or installed.
    """

    name: str = "spark-xacct"
    entry_point: str = "<entry point>"
    arguments: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    role: str | None = None
    on: str | None = None
    logs: str | None = None
    staging: str = "s3://<staging bucket>/spark-xacct"
    image: str | None = None
    spark_jars: bool = False
    jar_sha256: str = field(default="<sha256 of the jar>", metadata={"option": False})

    @property
    def staged_jar(self) -> str:
        """Where the jar lies once it is staged."""
        return f"{self.staging.rstrip('/')}/{JAR_NAME}"

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The fields that still hold a placeholder and that somebody may say."""
        asked = (item.name for item in fields(self) if item.metadata.get("option", True))
        return tuple(name for name in asked if is_placeholder(getattr(self, name)))


def check_parameters(target: str, parameters: Sequence[str]) -> None:
    """Raises TargetError for an option of spark-submit under which nothing that is rendered would be read."""
    if any(_PROPERTIES_FILE.search(one) for one in parameters):
        raise TargetError(
            f"{target}: --parameter: the file of --properties-file stands in place of spark-defaults, which carries the plan; give its "
            "lines as --conf"
        )


def is_placeholder(value: object) -> bool:
    """Whether somebody must still fill this in."""
    return isinstance(value, str) and _PLACEHOLDER.search(value) is not None
