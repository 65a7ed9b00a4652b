"""`segue serve`: the service, over the database that is named or a private one."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from segue.agents.live_policies import LivePolicies
from segue.api.cli.console import print_note
from segue.core.database import Database
from segue.core.errors import InputError
from segue.core.private_server import database_url
from segue.core.schema import migrate
from segue.core.settings import settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


def serve(
    pack: Annotated[
        list[str],
        typer.Option(
            "--pack", "-p", metavar="NAME-or-DIR", help="A pack to serve; again for those after it."
        ),
    ] = [],  # noqa: B006 - typer copies it
    shadow: Annotated[
        list[str],
        typer.Option(metavar="NAME-or-DIR", help="A pack that decides beside them, carrying out nothing."),
    ] = [],  # noqa: B006
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Serve decisions over HTTP, from the packs given or those that were active before."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for name in ("alembic", "httpx", "httpx2", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.ERROR)
    given = settings().database_url
    with database_url(given.get_secret_value() if given else None, settings().data_dir) as url:
        migrate(url)
        asyncio.run(_start(url, pack, shadow))
        os.environ["DATABASE_URL"] = url  # for this process and its workers
        settings.cache_clear()
        print_note(f"Segue answers at http://{host}:{port} (the API: http://{host}:{port}/docs)")
        _run(host, port, workers)


async def _start(url: str, packs: list[str], shadows: list[str]) -> None:
    if shadows and not packs:
        raise InputError("--shadow: name the live packs too, by --pack")
    database = Database(url, 3)
    await database.open()
    try:
        async with database.connection() as connection:
            await connection.execute("SELECT segue.add_partitions((now() AT TIME ZONE 'UTC')::date, 4)")
        policies = LivePolicies(database)
        await policies.start([_named(each) for each in packs], [_named(each) for each in shadows], "cli")
        await policies.refresh()
        if policies.degraded is None:
            _ = policies.live if packs else None
    finally:
        await database.close()


def _named(pack: str) -> str | Path:
    return pack


def _run(host: str, port: int, workers: int) -> None:
    import uvicorn

    uvicorn.run(
        "segue.api.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers if workers > 1 else None,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )
