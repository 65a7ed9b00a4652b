"""Conversations: what is said turn by turn, and the decisions behind it."""
