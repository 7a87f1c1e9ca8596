"""A command of spark-submit, taken apart as Spark does it:
https://github.com/apache/spark/blob/master/launcher/src/main/java/org/apache/spark/launcher/SparkSubmitOptionParser.java
"""

from __future__ import annotations

from collections.abc import Sequence

# Options without a value. Every other one has a value, so one that is new to us does too.
SWITCHES = ("--help", "-h", "--supervise", "--usage-error", "--verbose", "-v", "--version")
DEPLOY_MODE = "spark.submit.deployMode"


def taken_apart(arguments: Sequence[str]) -> tuple[list[tuple[str, str]], str | None]:
    """The options with their values, and the program, None where none is named. What follows the program is its own."""
    options: list[tuple[str, str]] = []
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            return options, word
        if word in SWITCHES:
            continue
        name, separator, value = word.partition("=")
        # A short option has its value apart.
        is_joined = bool(separator and value) and word.startswith("--")
        options.append((name, value) if is_joined else (word, next(words, "")))
    return options, None


def deploy_mode(arguments: Sequence[str]) -> str:
    """client or cluster: the last option of that name, else the last setting, else client."""
    options, _ = taken_apart(arguments)
    named = [value for name, value in options if name == "--deploy-mode"]
    settings = [value.partition("=") for name, value in options if name in ("--conf", "-c")]
    set_so = [value for name, _, value in settings if name == DEPLOY_MODE]
    return ["client", *set_so, *named][-1]
