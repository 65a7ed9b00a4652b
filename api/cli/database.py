"""What commands that change the store share: the database, up to date, for as long as they run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from segue.core.database import Database, open_database
from segue.core.private_server import database_url
from segue.core.schema import migrate
from segue.core.settings import settings

T = TypeVar("T")


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run something on the database that the settings name, or on the private one, and return its result."""
    return with_database_url(lambda url: with_url(url, work))


def with_url(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run something on the database at a URL, and return its result."""
    return asyncio.run(_run(url, work))


def with_database_url(work: Callable[[str], T]) -> T:
    """Run something with the URL of that database, for what opens it in several processes."""
    given = settings().database_url
    with database_url(given.get_secret_value() if given else None, settings().data_dir) as url:
        migrate(url)
        return work(url)


async def _run(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async with open_database(url, 3) as database:
        return await work(database)
