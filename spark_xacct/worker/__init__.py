"""What Spark's Python processes run before any code of a user: the hook that gives workers their default role."""
