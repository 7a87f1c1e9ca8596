"""A module on somebody else's PYTHONPATH."""

MARK = "found"
