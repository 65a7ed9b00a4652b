"""Conversations as a whole: a suite with a half-hostile model, what a question is worth, what the path costs."""
