"""Is the data fit to segment on: what is known, how old, how disputed, and what it would change."""
