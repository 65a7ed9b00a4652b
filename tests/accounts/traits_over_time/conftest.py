"""The databases of the tests of traits over time."""

from tests.agents.conftest import server, store

__all__ = ["server", "store"]
