"""One start of Spark: the context, the first Python task, and the first role sessions, which nobody here waits for before."""

import json
import sys
import time

from pyspark import SparkContext
from pyspark.version import __version__

SIDE = sys.argv[1]


def thread_seconds():
    """The processor time of the JVM's thread that answers this program's."""
    return SparkContext._jvm.java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9


def python_seconds(_):
    """The processor time of this worker and of the daemon that it was forked from."""
    import os
    from pathlib import Path

    texts = [Path(f"/proc/{process}/schedstat").read_text() for process in (os.getpid(), os.getppid())]
    return sum(int(text.split()[0]) for text in texts) / 1e9


# The JVM's own start is no part of it.
SparkContext._ensure_initialized()
began, thread_began = time.perf_counter(), thread_seconds()
context = SparkContext(appName="starts")
started, thread_started = time.perf_counter(), thread_seconds()
# The first job of all loads the scheduler's classes.
context._jsc.parallelize([1], 1).count()
task_began = time.perf_counter()
(in_python,) = context.parallelize([1], 1).map(python_seconds).collect()
task_seconds = time.perf_counter() - task_began
sessions = None
if SIDE != "without plugin":
    while True:
        roles = json.loads(context._jvm.io.sparkxacct.Status.json())["roles"]
        # The base identity is among them; it is asked when it is needed, and not kept fresh.
        if {role["state"] for name, role in roles.items() if not name.startswith("@")} == {"FRESH"}:
            break
        time.sleep(0.01)
    sessions = time.perf_counter() - started
told = {
    "spark": __version__,
    "context": started - began,
    "thread": thread_started - thread_began,
    "task": task_seconds,
    "in_python": in_python,
    "sessions": sessions,
}
print("RESULT " + json.dumps(told))
context.stop()
