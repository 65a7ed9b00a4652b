"""What callers send and get over HTTP, by noun."""

from segue.api.models.decisions import DecisionIn, DecisionOut

__all__ = ["DecisionIn", "DecisionOut"]
