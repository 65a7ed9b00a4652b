"""The kill switches: what may be switched, and what was."""

from __future__ import annotations

from typing import Any

from segue.agents.live_policies import LivePacks
from segue.agents.live_state import set_switch
from segue.core.database import Database
from segue.core.errors import NotFoundError, nearest
from segue.policies.experiments import EXPERIMENTS
from segue.policies.models.pack import Surface

_COLUMNS = ("name", "off", "reason", "changed_at", "changed_by")


async def list_switches(database: Database) -> list[dict[str, Any]]:
    """Return the switches that were ever set, as plain data."""
    async with database.connection() as connection:
        cursor = await connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM segue.switches ORDER BY name")  # noqa: S608
        return [dict(zip(_COLUMNS, row, strict=True)) for row in await cursor.fetchall()]


async def turn(database: Database, live: LivePacks, name: str, off: bool, reason: str, by: str) -> None:
    """Hold a surface or a play back on every replica within seconds, or let it go again.

    Held back, `experiments` lets everybody have the treatment: nobody is drawn for a holdout or a test.

    Raises:
        NotFoundError: no live pack or shadow knows the name, and it was never switched.
    """
    known = [
        *(surface.value for surface in Surface),
        EXPERIMENTS,
        *(play for pack in (*live.packs, *live.shadows) for play in pack.plays),
    ]
    if name not in known:
        known += [each["name"] for each in await list_switches(database)]
    if name not in known:
        raise NotFoundError(f"no surface or play {name!r}{nearest(name, known)}")
    async with database.transaction() as connection:
        await set_switch(connection, name, off, reason, by)
