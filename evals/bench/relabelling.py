"""`segue relabel` over a store of many accounts, against moving as many labels out of the database and in again.

Run as a module it relabels one store, in a process of its own, so that its memory can be told.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from segue.accounts.event_state import refresh_states
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.population import label_population, labels_table
from segue.agents.relabel_store import LabelEngine, relabel_store
from segue.core.database import open_database
from segue.core.jobs import defer
from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.bench.measure import Measurement
from segue.policies.load import load_pack

_PACK = "saas_pipeline"
_WRONG = 1_000
_ACCOUNTS = """
WITH made AS (SELECT n, n %% 7 AS week, %(since)s::bigint AS since FROM generate_series(1, %(accounts)s) AS n)
INSERT INTO segue.accounts (account_id, domain, traits)
SELECT 'acc_' || n, 'company-' || n || '.example', jsonb_strip_nulls(jsonb_build_object(
    'industry', CASE WHEN week > 0 THEN
        jsonb_build_object('crm', jsonb_build_array((%(industries)s::text[])[1 + n %% 6], NULL, since)) END,
    'employees', CASE WHEN week > 1 THEN
        jsonb_build_object('crm', jsonb_build_array(10 + n * 37::bigint %% 8000, 0.9, since),
            'enrichment', jsonb_build_array(10 + n * 41::bigint %% 8000, NULL, since)) END,
    'country', CASE WHEN week > 0 THEN
        jsonb_build_object('crm', jsonb_build_array((%(countries)s::text[])[1 + n %% 5], NULL, since)) END,
    'tech', CASE WHEN week > 2 THEN
        jsonb_build_object('enrichment', jsonb_build_array('["salesforce", "slack"]'::jsonb, 0.8, since)) END,
    'is_customer', CASE WHEN week > 0 THEN
        jsonb_build_object('crm', jsonb_build_array(n %% 10 = 0, NULL, since)) END,
    'seat_use', CASE WHEN n %% 10 = 0 THEN
        jsonb_build_object('crm', jsonb_build_array((n %% 100) / 100.0, NULL, since)) END
)) FROM made
"""
_EVENTS = """
INSERT INTO segue.events (source, message_id, kind, at, visitor, account_id, name, path)
SELECT 'bench', 'm' || n, 'page', %(now)s - make_interval(hours => n %% 1000), 'v' || n,
    'acc_' || 1 + n * 10::bigint %% %(accounts)s, 'Page',
    (ARRAY['/pricing', '/compare/us', '/docs/start', '/blog/post'])[1 + n %% 4]
FROM generate_series(1, %(accounts)s / 10) AS n
"""
_LABELS = """
INSERT INTO segue.labels (account_id, pack, segment, status, revision, since, labelled_at)
SELECT account_id, '{pack}', segment, status, %s, %s, %s FROM {table} ORDER BY account_id
"""
_SPOIL = "UPDATE segue.labels SET segment = 'spoiled' WHERE account_id = ANY(%s)"


def measure_relabelling(
    folder: Path, accounts: int, engines: Sequence[LabelEngine] = (LabelEngine.POSTGRES, LabelEngine.DUCKDB)
) -> Iterator[Measurement]:
    """Yield what relabelling a store costs by each engine, of which 1,000 labels are wrong and are written.

    Every account has some of six traits from one or two sources; a tenth has an event. The peer is COPY of
    the labels of all of them to a file and into a table without an index: no engine can do less.
    """
    server = PrivateServer(server_folder(folder / "relabel"))
    try:
        url = server.start()
        migrate(url)
        now = datetime.now(UTC)
        asyncio.run(_fill(url, accounts, now))
        for engine in engines:
            wrong = min(_WRONG, accounts // 10)
            _spoil(url, accounts, wrong)
            theirs = _copied(url, folder / "labels.copy")
            ran = subprocess.run(  # noqa: S603
                [sys.executable, "-P", "-m", __name__, url, engine, now.isoformat(), str(folder)],
                check=True, capture_output=True,
            )  # fmt: skip
            found = json.loads(ran.stdout)
            same = (found["accounts"], found["differing"], found["written"]) == (accounts, wrong, wrong)
            yield Measurement(
                f"relabel, {engine.value}", "COPY of the labels out and in", "s", found["seconds"], theirs, None, None,
                same=same,
                note=f"{accounts:,} accounts, {_PACK}, {accounts / found['seconds']:,.0f} accounts/s,"
                f" peak memory of the process {found['peak_mb']:,.0f} MB",
            )  # fmt: skip
    finally:
        server.stop()


async def _fill(url: str, accounts: int, now: datetime) -> None:
    """Store accounts, events and the labels that follow from them."""
    pack = load_pack(_PACK)
    parameters = {
        "accounts": accounts, "now": now, "since": int(now.timestamp() - 86_400) * 1_000_000,
        "industries": ["saas", "fintech", "healthcare", "retail", "media", "other"],
        "countries": ["US", "DE", "GB", "FR", "IN"],
    }  # fmt: skip
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_ACCOUNTS, parameters)
        await connection.execute(_EVENTS, parameters)
        async with connection.transaction():
            await label_population(connection, [pack], now)
            labels = _LABELS.format(pack=_PACK, table=labels_table(pack))
            await connection.execute(labels.encode(), (pack.revision, now, now))
        await connection.execute("VACUUM ANALYZE segue.accounts, segue.events, segue.labels")


def _spoil(url: str, accounts: int, wrong: int) -> None:
    step = accounts // wrong
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SPOIL, ([f"acc_{number * step}" for number in range(1, wrong + 1)],))


def _copied(url: str, path: Path) -> float:
    """Return the seconds that COPY takes for the account, segment and status of every label, out and in."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        with (
            path.open("wb") as file,
            cursor.copy("COPY segue.labels (account_id, segment, status) TO STDOUT") as out,
        ):
            for piece in out:
                file.write(piece)
        cursor.execute("CREATE TEMP TABLE copied (account_id text, segment text, status text) ON COMMIT DROP")
        with path.open("rb") as file, cursor.copy("COPY copied FROM STDIN") as into:
            while piece := file.read(1 << 20):
                into.write(piece)
        seconds = time.perf_counter() - started
    path.unlink()
    return seconds


def _relabel(url: str, engine: LabelEngine, now: datetime, folder: Path) -> dict[str, Any]:
    keeping = LabelKeeping((load_pack(_PACK),), defer, refresh_states)

    async def run() -> dict[str, Any]:
        async with open_database(url, 2) as database:
            found = await relabel_store(database, keeping, engine, now, folder)
        return {"accounts": found.accounts, "differing": found.differing, "written": found.written}

    started = time.perf_counter()
    found = asyncio.run(run())
    seconds = time.perf_counter() - started
    return {**found, "seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    _url, _engine, _now, _folder = sys.argv[1:]
    _found = _relabel(_url, LabelEngine(_engine), datetime.fromisoformat(_now), Path(_folder))
    sys.stdout.write(json.dumps(_found))
