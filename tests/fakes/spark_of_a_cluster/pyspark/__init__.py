"""A stand-in for pyspark: what start, configure and whoami ask of it and of the JVM behind it. Python 3.7 syntax.

The JVM says that it has our jar in the package's version, and every class. Who is who stands in ANSWERS, by the name that
whoami asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from pyspark.version import __version__

__all__ = ["ANSWERS", "FORGOTTEN", "SUBMITTED", "SparkContext", "__version__"]

HADOOP = "3.3.6-amzn-0"
# What spark-submit was given: the settings that the JVM has when Python begins.
SUBMITTED: dict[str, str] = {}
FORGOTTEN: list[str] = []
# By name, who the driver's JVM, an executor's and a worker are.
ANSWERS: dict[str, tuple[str, str, str]] = {}
# What the JVM's classes do, by their full names.
METHODS: dict[str, Callable[..., Any]] = {
    "io.sparkxacct.WhoAmI.caller": lambda name: ANSWERS[name][0],
    "io.sparkxacct.plan.JarVersion.current": lambda: import_module("spark_xacct").__version__,
    "io.sparkxacct.python.PythonSide.folderInForce": lambda: None,
    "io.sparkxacct.session.JvmSessions.activate": lambda *_: None,
    "java.lang.Class.forName": lambda name, *_: JavaClass(name),
    "java.lang.System.clearProperty": FORGOTTEN.append,
    "java.util.ArrayList": list,
    "org.apache.hadoop.util.VersionInfo.getVersion": lambda: HADOOP,
    "org.apache.spark.SparkConf": lambda _: JavaConf(SUBMITTED),
    "org.apache.spark.util.Utils.getContextOrSparkClassLoader": lambda: None,
}


class Package:
    """A package, class or method of the JVM, whose names come one after the other."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        whole = self._name + "." + name if self._name else name
        return METHODS.get(whole) or Package(whole)


class JavaClass:
    """A class that is there. Its fields hold an empty cache of file systems."""

    def __init__(self, name: str) -> None:
        self.name = name

    def getClassLoader(self) -> None:
        return None

    def getDeclaredField(self, name: str) -> SimpleNamespace:
        value: Any = SimpleNamespace(getClass=lambda: JavaClass("Cache")) if name == "CACHE" else {}
        return SimpleNamespace(setAccessible=lambda _: None, get=lambda _: value)


class JavaConf:
    """Settings as the JVM lists them."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = settings

    def getAll(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(_1=lambda name=name: name, _2=lambda value=value: value)
            for name, value in self._settings.items()
        ]


class SparkContext:
    """The one context of this process, once a session is made."""

    _active_spark_context: Any = None
    _gateway: Any = None
    _jvm = Package()

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self.applicationId = "application_1_0001"
        self.files: list[str] = []
        self._jsc = SimpleNamespace(hadoopConfiguration=lambda: SimpleNamespace(getValByRegex=self._hadoop))

    @classmethod
    def _ensure_initialized(cls) -> None:
        cls._gateway = object()

    def _hadoop(self, pattern: str) -> dict[str, str]:
        prefix = "spark.hadoop."
        hadoop = {name[len(prefix) :]: value for name, value in self.settings.items() if name.startswith(prefix)}
        return {name: value for name, value in hadoop.items() if re.search(pattern, name)}

    def getConf(self) -> SimpleNamespace:
        return SimpleNamespace(getAll=lambda: list(self.settings.items()), get=self.settings.get)

    def addPyFile(self, path: str) -> None:
        self.files.append(path)
