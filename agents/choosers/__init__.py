"""Choosers pick one of the plays that policy permits. None sees any other play."""
