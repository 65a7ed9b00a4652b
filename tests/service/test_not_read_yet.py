"""A replica that begins while its database does not answer: it says so, and turns nobody away for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segue.agents.live_policies import LivePolicies
from segue.api.keys import KeyRing, Kind, create_key
from segue.core.database import Database
from segue.core.errors import UnavailableError
from segue.core.schema import migrate
from tests.core.databases import new_database, server_url, with_database

__all__ = ["new_database", "server_url"]


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    found = new_database()
    migrate(found)
    return found


def test_no_key_is_unknown_before_the_keys_were_read(url: str) -> None:
    async def work(database: Database) -> None:
        _, secret = await create_key(database, Kind.WRITE, "test")
        ring = KeyRing(database)
        for each in (secret, "segue_wk_another_one"):
            with pytest.raises(UnavailableError):
                ring.find(each)
        await ring.refresh()
        assert ring.find(secret) is not None and ring.find("segue_wk_another_one") is None

    with_database(url, work)


def test_no_event_is_taken_before_it_is_known_which_packs_serve(url: str) -> None:
    async def work(database: Database) -> None:
        policies = LivePolicies(database)
        with pytest.raises(UnavailableError):
            _ = policies.packs
        await policies.refresh()
        assert policies.packs == (), "nothing was ever deployed"
        async with database.connection() as connection:
            await connection.execute(
                "INSERT INTO segue.deployments (packs, action, made_by)"
                ' VALUES (\'[{"pack": "p", "revision": "sha256:0", "shadow": false}]\', \'start\', \'test\')'
            )
        await policies.refresh()
        with pytest.raises(UnavailableError):
            _ = policies.packs

    with_database(url, work)
