"""The service over HTTP against an empty endpoint with the same models, with few accounts and with many."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
import psycopg

from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.bench.flags import measure_flags
from segue.evals.bench.load import (
    CONNECTIONS,
    ROUNDS,
    LoadResult,
    described,
    micros,
    request_bytes,
    run_load,
)
from segue.evals.bench.measure import Measurement
from segue.evals.bench.population import known_accounts
from segue.evals.served import Served, free_port, served
from segue.policies.load import load_pack

_PACK = "saas_pipeline"
_SHOWN = 1_000
"""Different requests that are sent in turn."""


def measure_service(
    folder: Path, sizes: Sequence[int], seconds: float, *, workers: int = 2
) -> Iterator[Measurement]:
    """Yield `POST /v1/decisions` against the empty endpoint, then the cost with more accounts against few.

    Decisions are of a shipped pack, recorded in PostgreSQL with fsync on. Load, service and database
    share the machine. The empty endpoint checks the same request and writes one ready answer through
    the same model, in one process; its rounds alternate with the service's. With several `workers` they are
    measured too, and with several `sizes` each against the first.
    """
    server = PrivateServer(server_folder(folder / "bench"))
    url = server.start()
    try:
        migrate(url)
        fill(url, sizes[0])
        with floor() as floor_port:
            with served([_PACK], folder, url) as one:
                _settle(one)
                yield from _against_floor(one, floor_port, sizes[0], seconds, "")
                yield from measure_flags(one, floor_port, sizes[0], seconds)
            if workers > 1:
                with served([_PACK], folder, url, workers=workers) as several:
                    _settle(several)
                    words = f", {workers} workers"
                    yield from _against_floor(several, floor_port, sizes[0], seconds, words, ("short",))
        if len(sizes) > 1:
            yield from _by_size(folder, url, sizes, seconds)
    finally:
        server.stop()


def fill(url: str, accounts: int) -> None:
    """Bring the store to so many accounts, made up, their traits known."""
    names = set(load_pack(_PACK).blank)
    made = known_accounts(min(accounts, 10_000))
    random = Random(5)  # noqa: S311 - made-up data
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM segue.accounts").fetchone()
        assert row is not None
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY segue.accounts (account_id, domain, name, traits) FROM STDIN") as copy,
        ):
            for number in range(row[0], accounts):
                facts = made[number] if number < len(made) else random.choice(made)
                traits = {
                    name: {"crm": [value, None, 1_795_000_000_000_000]}
                    for name, value in facts.items()
                    if name in names
                }
                copy.write_row(
                    (
                        f"acc_{number}",
                        f"account-{number}.example",
                        f"Account {number}",
                        orjson.dumps(traits).decode(),
                    )
                )
        connection.execute("VACUUM ANALYZE segue.accounts")


def _settle(service: Served) -> None:
    """Wait until the made-up accounts are labelled: done once, behind the calls, it would be measured with them."""
    while (found := service.get("/v1/policies")["relabelling"]) is None or not found["finished_at"]:
        time.sleep(0.2)


def _against_floor(
    service: Served,
    floor_port: int,
    accounts: int,
    seconds: float,
    name: str,
    explained: Sequence[str] = ("short", "none"),
) -> Iterator[Measurement]:
    floors: list[LoadResult] = []
    found: dict[str, list[LoadResult]] = {explain: [] for explain in explained}
    run_load(service.port, _requests(service, accounts, "short"), CONNECTIONS, seconds / 2)
    for _ in range(ROUNDS):
        floors.append(run_load(floor_port, _requests(service, accounts, "short"), CONNECTIONS, seconds))
        for explain, results in found.items():
            results.append(
                run_load(service.port, _requests(service, accounts, explain), CONNECTIONS, seconds)
            )
    for explain, results in found.items():
        yield Measurement(
            f"POST /v1/decisions{name}, explain {explain}", "empty FastAPI endpoint", "µs/request",
            micros(results), micros(floors), 0.3, 0.5, faster=True,
            same=not any(each.refused for each in (*floors, *results)),
            note=f"{described('recorded', results)}; {described('empty', floors)}; {CONNECTIONS} connections",
        )  # fmt: skip


def _by_size(folder: Path, url: str, sizes: Sequence[int], seconds: float) -> Iterator[Measurement]:
    few: list[LoadResult] = []
    for size in sizes:
        fill(url, size)
        with served([_PACK], folder, url) as service:
            _settle(service)
            requests = _requests(service, size, "short")
            run_load(service.port, requests, CONNECTIONS, seconds / 2)
            found = [run_load(service.port, requests, CONNECTIONS, seconds) for _ in range(ROUNDS)]
        if not few:
            few = found
            continue
        yield Measurement(
            f"POST /v1/decisions, {size:,} accounts", f"{sizes[0]:,} accounts", "µs/request",
            micros(found), micros(few), 1.3, None,
            same=not any(each.refused for each in found), note=described("recorded", found),
        )  # fmt: skip


def _requests(service: Served, accounts: int, explain: str) -> list[bytes]:
    random = Random(3)  # noqa: S311 - made-up data
    headers = {"Authorization": f"Bearer {service.key}"}

    def body(number: int) -> dict[str, Any]:
        surface = ("web", "chat", "slack")[number % 3]
        account = f"acc_{random.randrange(accounts)}"
        return {"surface": surface, "account": account, "contact": {"persona": "ciso"}, "explain": explain}

    return [
        request_bytes("/v1/decisions", json.dumps(body(number)).encode(), headers) for number in range(_SHOWN)
    ]


@contextlib.contextmanager
def floor() -> Iterator[int]:
    """Run the empty endpoint and give its port."""
    port = free_port()
    uvicorn = str(Path(sys.executable).with_name("uvicorn"))
    command = [uvicorn, "segue.api.floor:create_app", "--factory", "--port", str(port)]
    # uvicorn puts its folder on the path: away from the project, whose folders have common names
    process = subprocess.Popen(  # noqa: S603
        [*command, "--no-access-log", "--log-level", "error", "--app-dir", str(Path(sys.executable).parent)],
        env=dict(os.environ),
    )
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
