"""How many accounts each rep was given on a day, counted by whoever commits an assignment."""

from __future__ import annotations

from datetime import date

from segue.core.database import Connection


async def take_up_to_cap(connection: Connection, rep: str, day: date, cap: int | None) -> bool:
    """Count one more assignment of a rep on a day; False, and nothing counted, where their cap is reached.

    The count stands once the caller's transaction does, and nobody else counts the rep until then.
    """
    cursor = await connection.execute(
        "INSERT INTO segue.rep_loads AS loads (rep, day, assignments) VALUES (%s, %s, 1)"
        " ON CONFLICT (rep, day) DO UPDATE SET assignments = loads.assignments + 1"
        " WHERE %s::integer IS NULL OR loads.assignments < %s",
        (rep, day, cap, cap),
    )
    return cursor.rowcount == 1


async def loads_of(connection: Connection, day: date) -> dict[str, int]:
    """Return the assignments of a day by rep."""
    cursor = await connection.execute("SELECT rep, assignments FROM segue.rep_loads WHERE day = %s", (day,))
    return dict(await cursor.fetchall())
