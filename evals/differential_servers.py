"""Starting and ending the engines of a differential run, a private PostgreSQL among them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from segue.core.private_server import PrivateServer
from segue.core.server_places import server_folder
from segue.evals.differential_engines import DuckDB, Engine, Postgres, Spark


@contextmanager
def _duckdb() -> Iterator[Engine]:
    engine = DuckDB()
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a private PostgreSQL in a folder of its own, and give its URI; both are gone afterwards.

    The folder is in the system's temporary one, which the user that root's servers run as can reach.
    """
    with tempfile.TemporaryDirectory(prefix="segue-", ignore_cleanup_errors=True) as folder:
        server = PrivateServer(server_folder(Path(folder)))
        try:
            yield server.start()
        finally:
            server.stop()


@contextmanager
def _postgres() -> Iterator[Engine]:
    with postgres_server() as uri:
        engine = Postgres(uri)
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def _spark() -> Iterator[Engine]:
    engine = Spark()
    try:
        yield engine
    finally:
        engine.close()


ENGINES: Mapping[str, Callable[[], AbstractContextManager[Engine]]] = {
    "duckdb": _duckdb,
    "postgres": _postgres,
    "spark": _spark,
}
"""How each engine is started: a context that gives it, and ends it."""
