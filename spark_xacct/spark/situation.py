"""In which situation ``start`` is called: what can still be set, and what only checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Situation(Enum):
    """What is there before a SparkSession is asked for."""

    NO_JVM = "no JVM runs yet: every setting takes effect"
    SUBMITTED = "the JVM was started by spark-submit: its class path is fixed"
    JVM_WITHOUT_CONTEXT = "a JVM runs from an earlier SparkContext: its class path is fixed"
    ACTIVE_CONTEXT = "a SparkContext is active: nothing can be set any more"
    CONNECT = "Spark Connect: the settings are the server's"


@dataclass(frozen=True)
class SparkState:
    """What was found, with the active context (or None) to ask further."""

    situation: Situation
    context: Any = None


def detect(builder_options: Mapping[str, Any], environment: Mapping[str, str]) -> SparkState:
    """Looks at pyspark's own state; starts nothing."""
    if (
        "spark.remote" in builder_options
        or "SPARK_REMOTE" in environment
        or "SPARK_CONNECT_MODE_ENABLED" in environment
    ):
        return SparkState(Situation.CONNECT)
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    if context is not None:
        return SparkState(Situation.ACTIVE_CONTEXT, context)
    if "PYSPARK_GATEWAY_PORT" in environment:
        return SparkState(Situation.SUBMITTED)
    if SparkContext._gateway is not None:
        return SparkState(Situation.JVM_WITHOUT_CONTEXT)
    return SparkState(Situation.NO_JVM)
