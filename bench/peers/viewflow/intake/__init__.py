"""The process of the benchmark: ten human tasks in a row."""
