"""Proof points as they are found by meaning."""
