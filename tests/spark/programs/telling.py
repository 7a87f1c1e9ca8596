"""How a program tells its test what it found: RESULT lines of JSON, and a pause."""

import json
import sys


def result(**values):
    print("RESULT " + json.dumps(values, default=str), flush=True)


def first_line(error):
    """The first line that a user sees of a failure."""
    return str(error).splitlines()[0]


def attempt(action):
    """What an action returns, or the text of its failure under "error"."""
    try:
        return {"value": action()}
    except Exception as error:
        return {"error": str(error)}


def pause():
    print("READY", flush=True)
    sys.stdin.readline()
