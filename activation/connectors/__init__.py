"""The systems in which plays are carried out, each behind the same protocol."""
