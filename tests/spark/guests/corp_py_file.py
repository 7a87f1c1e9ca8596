"""A module in somebody else's spark.submit.pyFiles."""

MARK = "found"
