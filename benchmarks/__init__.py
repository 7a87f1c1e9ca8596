"""What spark-xacct costs, beside what one would use without it: ``python -m benchmarks``."""
