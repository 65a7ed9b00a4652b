"""Kills of the server and of PostgreSQL under load, and what the log holds afterwards."""
