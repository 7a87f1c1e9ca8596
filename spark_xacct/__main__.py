"""``python -m spark_xacct``: the command line, from an installation or from inside the jar."""

from __future__ import annotations

from spark_xacct.cli import main

if __name__ == "__main__":
    main()
