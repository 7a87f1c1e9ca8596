"""Somebody else's daemon: leaves a mark in its workers, then is pyspark's."""

import os
import runpy

os.environ["CORP_DAEMON"] = "ran"
runpy.run_module("pyspark.daemon", run_name="__main__", alter_sys=True)
