"""One private PostgreSQL for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segue.evals.differential_engines import Postgres
from segue.evals.differential_servers import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as uri:
        engine = Postgres(uri)
        yield engine
        engine.close()
