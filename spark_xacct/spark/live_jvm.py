"""What the live JVM says: is our class where hadoop-aws is, is the jar ours, which plan is in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spark_xacct import keys
from spark_xacct.errors import SparkStartError
from spark_xacct.model.location import SCHEMES
from spark_xacct.plan import Plan, from_settings
from spark_xacct.version import __version__

S3A_FILE_SYSTEM = "org.apache.hadoop.fs.s3a.S3AFileSystem"
JAR_VERSION = "io.sparkxacct.plan.JarVersion"
JVM_SESSIONS = "io.sparkxacct.session.JvmSessions"
# The class each SDK needs to ask STS; hadoop-aws works without it, a role chain does not.
STS_CLASSES = {
    keys.S3A_PROVIDER: ("software.amazon.awssdk.services.sts.StsClient", "software.amazon.awssdk:sts"),
    keys.S3A_V1_PROVIDER: (
        "com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClient",
        "com.amazonaws:aws-java-sdk-sts",
    ),
}


class LiveJvm:
    """Questions to the JVM of an active or prepared SparkContext. Needs py4j; not thread-safe, used once at start."""

    def __init__(self, jvm: Any) -> None:
        self._jvm = jvm

    def jar_version(self) -> str | None:
        """The version of the jar that the JVM loaded; None where it has none."""
        found = self._class(JAR_VERSION, self._context_loader())
        return str(self._jvm.io.sparkxacct.plan.JarVersion.current()) if found is not None else None

    def problem_with_jar(self) -> str | None:
        """Why the JVM cannot use this package's plan, or None."""
        version = self.jar_version()
        if version is None:
            return f"the JVM has not loaded the spark-xacct jar (class {JAR_VERSION} is not there)"
        if version != __version__:
            return f"the JVM has loaded spark-xacct {version}, and the Python package is {__version__}; use one version of both"
        return None

    def problem_with_provider(self, provider: str) -> str | None:
        """Why S3A could not load ``provider``, in words with the fix, or None."""
        file_system = self._class(S3A_FILE_SYSTEM, self._context_loader())
        if file_system is None:
            return (
                f"hadoop-aws is not on the class path, so s3a:// cannot be opened; add it in Hadoop's version: "
                f"spark.jars.packages=org.apache.hadoop:hadoop-aws:{self.hadoop_version()}"
            )
        loader = file_system.getClassLoader()
        if self._class(provider, loader) is None:
            return (
                f"the spark-xacct jar and hadoop-aws are in different class loaders: {S3A_FILE_SYSTEM} does not see "
                f"{provider}; load the plugin, which puts it there (spark.plugins.defaultList={keys.PLUGIN}), or put both "
                "on spark.jars, or both into Spark's jars folder"
            )
        needed, coordinates = STS_CLASSES[provider]
        if self._class(needed, loader) is None:
            return (
                f"the AWS SDK beside hadoop-aws lacks its STS module ({needed}); add {coordinates} in the SDK's version"
            )
        return None

    def activate(self, plan: Plan, run: str | None, user: str | None) -> None:
        """Makes ``plan`` the JVM's active plan: providers of cached FileSystems follow it from their next call on."""
        self._jvm.io.sparkxacct.session.JvmSessions.activate(plan.text, run, user)

    def endpoint_folder(self) -> str | None:
        """The folder of the JVM's credentials endpoint; None without the plugin, or where Python may ask for no role."""
        folder = self._jvm.io.sparkxacct.python.PythonSide.folderInForce()
        return None if folder is None else str(folder)

    def forget_settings(self, names: list[str]) -> None:
        """Removes leftovers of an earlier SparkContext: they live on as system properties of the JVM."""
        for name in names:
            self._jvm.java.lang.System.clearProperty(name)

    def hadoop_version(self) -> str:
        """Hadoop's own version, as "3.4.1" or "3.3.6-amzn-3"."""
        return str(self._jvm.org.apache.hadoop.util.VersionInfo.getVersion())

    def hadoop_settings(self, configuration: Any, pattern: str) -> dict[str, str]:
        """The settings of a Hadoop configuration whose whole names match a Java regular expression."""
        return {str(name): str(value) for name, value in dict(configuration.getValByRegex(pattern)).items()}

    def close_file_systems(self, serves: Callable[[str], bool]) -> None:
        """Closes the cached S3 FileSystems of buckets that ``serves``. Only while no SparkContext is active.

        Hadoop has no call for this, so its private cache is read:
        https://github.com/apache/hadoop/blob/trunk/hadoop-common-project/hadoop-common/src/main/java/org/apache/hadoop/fs/FileSystem.java
        """
        file_system = self._jvm.java.lang.Class.forName("org.apache.hadoop.fs.FileSystem", True, self._context_loader())
        cache = _private(file_system, "CACHE", None)
        for cached in list(self._jvm.java.util.ArrayList(_private(cache.getClass(), "map", cache).values())):
            uri = cached.getUri()
            if uri.getScheme() in SCHEMES and serves(str(uri.getHost() or uri.getAuthority())):
                cached.close()

    def system_settings(self) -> dict[str, str]:
        """The Spark settings that the JVM was started with and that the next SparkContext would inherit."""
        conf = self._jvm.org.apache.spark.SparkConf(True)
        return {entry._1(): entry._2() for entry in conf.getAll()}

    def _context_loader(self) -> Any:
        return self._jvm.org.apache.spark.util.Utils.getContextOrSparkClassLoader()

    def _class(self, name: str, loader: Any) -> Any:
        from py4j.protocol import Py4JJavaError

        try:
            return self._jvm.java.lang.Class.forName(name, False, loader)
        except Py4JJavaError as error:
            missing = ("java.lang.ClassNotFoundException", "java.lang.NoClassDefFoundError")
            if error.java_exception.getClass().getName() in missing:
                return None
            raise


def _private(of: Any, name: str, instance: Any) -> Any:
    field = of.getDeclaredField(name)
    field.setAccessible(True)
    return field.get(instance)


def plan_in_force(context: Any) -> Plan | None:
    """The plan in the settings of an active SparkContext. Raises PlanError for a damaged one."""
    return from_settings(dict(context.getConf().getAll()), keys.SPARK_HADOOP_PREFIX)


def require(problem: str | None) -> None:
    """Raises SparkStartError with the problem, if there is one."""
    if problem is not None:
        raise SparkStartError(problem)
