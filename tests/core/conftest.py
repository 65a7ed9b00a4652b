"""The databases of the tests of the store."""

from tests.core.databases import data_folder, new_database, server_url, url

__all__ = ["data_folder", "new_database", "server_url", "url"]
