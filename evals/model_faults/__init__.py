"""A model that does everything wrong, and what decisions are then."""
