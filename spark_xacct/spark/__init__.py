"""Spark at run time: in which situation a start happens, where the jar is, and what the live JVM says."""
