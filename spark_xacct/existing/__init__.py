"""A target's settings joined with files of settings that people have. Pure: text to text."""

from spark_xacct.existing.joining import MergedFile, merge_into

__all__ = ["MergedFile", "merge_into"]
