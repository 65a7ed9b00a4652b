"""The databases of the tests of traits over time."""

from tests.agents.conftest import store

__all__ = ["store"]
