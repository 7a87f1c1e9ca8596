"""The version of the package, the jar and the plan reader: one number."""

__version__ = "0.1.0"
