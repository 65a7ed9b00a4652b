"""Kills of the service and of PostgreSQL while events come in, and what came of every one of them."""
