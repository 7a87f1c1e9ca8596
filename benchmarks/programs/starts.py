"""One start of Spark: the context, the first Python tasks, and the first role sessions, which nobody here waits for before."""

import json
import sys
import time

from pyspark import SparkContext
from pyspark.version import __version__

SIDE = sys.argv[1]


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def python_task():
    assert context.parallelize([-1], 1).map(abs).collect() == [1]


# The JVM's own start is no part of it.
SparkContext._ensure_initialized()
began = time.perf_counter()
context = SparkContext(appName="starts")
started = time.perf_counter() - began
# The first job of all loads the scheduler's classes.
context._jsc.parallelize([1], 1).count()
tasks = [timed(python_task) for _ in range(2)]
session = None
if SIDE != "without plugin":
    while True:
        roles = json.loads(context._jvm.io.sparkxacct.Status.json())["roles"]
        # The base identity is among them; it is asked when it is needed, and not kept fresh.
        if {role["state"] for name, role in roles.items() if not name.startswith("@")} == {"FRESH"}:
            break
        time.sleep(0.01)
    session = time.perf_counter() - began
told = {"spark": __version__, "context": started, "first_task": tasks[0], "second_task": tasks[1], "session": session}
print("RESULT " + json.dumps(told))
context.stop()
