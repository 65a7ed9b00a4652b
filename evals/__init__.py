"""The proof: cases, suites, laws, mutation, differential tests and the bench."""
