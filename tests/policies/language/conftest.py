"""One connection to the private PostgreSQL for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segue.evals.differential_engines import Postgres


@pytest.fixture(scope="session")
def postgres(server_url: str) -> Iterator[Postgres]:
    engine = Postgres(server_url)
    yield engine
    engine.close()
