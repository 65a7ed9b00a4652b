"""What the tests of every folder may ask for: databases on one private server."""

from tests.core.databases import (
    data_folder,
    new_database,
    new_lasting_store,
    new_store,
    server_url,
    store_url,
    template,
    url,
)

__all__ = [
    "data_folder",
    "new_database",
    "new_lasting_store",
    "new_store",
    "server_url",
    "store_url",
    "template",
    "url",
]
