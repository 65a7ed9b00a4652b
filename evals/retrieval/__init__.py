"""Does a search find the proof that answers? Queries as buyers ask them, beside a lexical peer."""
