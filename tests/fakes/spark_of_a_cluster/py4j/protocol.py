class Py4JJavaError(Exception):
    """Never raised here: every class is there."""
