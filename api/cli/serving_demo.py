"""`segue serve --demo`: the service with the demo site, over a store and systems that go when it ends."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from segue.api.cli.console import print_note
from segue.api.cli.serving import bound, run, start_packs
from segue.api.demo_site.demo_app import demo_app
from segue.api.demo_site.stage import PACK, Stage
from segue.api.keys import Kind, create_key
from segue.core.database import open_database
from segue.core.errors import InputError
from segue.core.private_server import database_url
from segue.core.schema import migrate
from segue.core.settings import settings
from segue.evals.story.systems import Systems

_IN_SLACK = {"lena.vogel": "ULENA", "jordan.reyes": "UJORDAN"}
"""Owners of the demo's companies, beside the one whom the stand-in for Slack knows already."""


def serve_demo(host: str, port: int) -> None:
    """Serve until Ctrl-C. Nothing of anybody's is read or told: the store is new, Slack and the CRM are stand-ins.

    Raises:
        InputError: `DATABASE_URL` names a store: the demo fills one with invented companies.
        UnavailableError: the address is taken.
    """
    if settings().database_url is not None:
        raise InputError(
            "--demo: expected no DATABASE_URL, since the demo fills a store with invented companies"
        )
    with ExitStack() as stack:
        listening = stack.enter_context(closing(bound(host, port)))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segue-demo-")))
        systems = Systems.started(stack)
        if systems.slack is not None:
            systems.slack.people |= _IN_SLACK
        url = stack.enter_context(database_url(None, folder))
        migrate(url)
        asyncio.run(start_packs(url, [PACK], []))
        stage = asyncio.run(_stage(url, systems))
        os.environ |= systems.settings() | {
            "DATABASE_URL": url, "SEGUE_DATA_DIR": str(folder), "SEGUE_IDENTITY_SECRET": stage.identity_secret,
            "SEGUE_RATE_ADDRESS": "6000/minute",
        }  # fmt: skip
        settings.cache_clear()
        shown = f"[{host}]" if ":" in host else host
        run(
            listening,
            1,
            lambda: print_note(f"the demo is at http://{shown}:{port}/demo"),
            partial(demo_app, stage),
        )


async def _stage(url: str, systems: Systems) -> Stage:
    async with open_database(url, 3) as database:
        _, secret = await create_key(database, Kind.SECRET, "the demo's backend")
        _, publishable = await create_key(database, Kind.PUBLISHABLE, "the demo's pages")
    return Stage(systems, secret, publishable, secrets.token_hex(32))
