"""One module a resource: each translates a request and nothing else."""
