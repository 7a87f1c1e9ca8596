"""``python -m spark_xacct``: the command line, also from the jar on PYTHONPATH."""

from spark_xacct.cli import main

main()
