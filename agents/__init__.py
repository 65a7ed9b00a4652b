"""What is decided: one entry for every surface, for evals and for replay."""
