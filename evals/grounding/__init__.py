"""How well ungrounded sentences are told from grounded ones: a labelled set, and what it measures."""
