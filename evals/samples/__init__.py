"""Sample accounts for the demo, the tests and the benchmarks: one real list, one generated report."""
