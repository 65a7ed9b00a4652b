"""The databases of the tests of the store."""

from tests.core.databases import new_database, server_url, url

__all__ = ["new_database", "server_url", "url"]
