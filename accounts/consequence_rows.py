"""The consequences of changes of label, as PostgreSQL keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from psycopg.types.json import Jsonb

from segue.accounts.consequences import Consequence, Stay, WhyNot
from segue.accounts.label_changes import Transition
from segue.core.database import Connection

StayKey = tuple[str, str, str]
"""Account, pack and segment."""

# a play that was tried may have been done, whatever became of it
_FIRED = "(status IN ('doing', 'done', 'parked') OR attempts > 0)"
_IN_STAY = f"moment = 'enter' AND ({_FIRED} OR reason = '{WhyNot.STILL_IN_EFFECT}')"
_CANCEL = f"""
UPDATE segue.consequences SET status = 'cancelled', reason = '{WhyNot.LABEL_CHANGED}', changed_at = now()
FROM unnest(%s::text[], %s::text[], %s::text[]) AS new(account_id, pack, segment)
WHERE consequences.account_id = new.account_id AND consequences.pack = new.pack AND status = 'waiting'
    AND (moment = 'enter') = (consequences.segment <> new.segment)
"""  # noqa: S608 - nothing of it comes from outside
# a stay lasts from the last plays of entering, carried out or still in effect, to the first time that the
# account left after them; leaving counts for nothing where all that it set off was called off again
_STAYS = f"""
SELECT asked.account_id, asked.pack, asked.segment, stay.plays, gone.at, coalesce(gone.fired, false),
    coalesce(gone.cause = 'merge', false), coalesce(later.pairs, '{{}}')
FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked(account_id, pack, segment)
CROSS JOIN LATERAL (
    SELECT transition_id, array_agg(play) AS plays FROM segue.consequences
    WHERE account_id = asked.account_id AND pack = asked.pack AND segment = asked.segment
        AND {_IN_STAY}
    GROUP BY transition_id ORDER BY transition_id DESC LIMIT 1
) AS stay
LEFT JOIN LATERAL (
    SELECT at, cause, exits.fired FROM segue.transitions CROSS JOIN LATERAL (
        SELECT coalesce(bool_or({_FIRED}), false) AS fired,
            coalesce(bool_or(reason = '{WhyNot.LABEL_CHANGED}'), false) AS called_off
        FROM segue.consequences WHERE account_id = asked.account_id AND pack = asked.pack
            AND transition_id = transitions.transition_id AND moment = 'exit'
    ) AS exits
    WHERE account_id = asked.account_id AND pack = asked.pack AND transition_id > stay.transition_id
        AND from_segment = asked.segment AND to_segment IS DISTINCT FROM asked.segment
        AND (exits.fired OR NOT exits.called_off)
    ORDER BY transition_id LIMIT 1
) AS gone ON true
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT ARRAY[mine.play, others.play]) AS pairs
    FROM (
        SELECT play, changed_at FROM segue.consequences
        WHERE account_id = asked.account_id AND pack = asked.pack AND segment = asked.segment
            AND transition_id = stay.transition_id AND {_IN_STAY}
    ) AS mine JOIN (
        SELECT play, changed_at FROM segue.consequences
        WHERE account_id = asked.account_id AND pack = asked.pack AND segment <> asked.segment
            AND {_FIRED} AND reason IS DISTINCT FROM '{WhyNot.IN_EFFECT_AGAIN}'
    ) AS others ON others.changed_at > mine.changed_at
) AS later
"""  # noqa: S608
_INSERT = """
INSERT INTO segue.consequences
    (consequence_id, transition_id, account_id, pack, revision, segment, play, moment, due_at, status, reason)
SELECT * FROM jsonb_to_recordset(%s) AS new(consequence_id uuid, transition_id bigint, account_id text,
    pack text, revision text, segment text, play text, moment text, due_at timestamptz, status text, reason text)
"""


async def cancel_overtaken(connection: Connection, moves: Sequence[Transition]) -> None:
    """Cancel what waits and no longer holds: entering any other segment, and leaving the one come back to."""
    keys = [(each.account_id, each.pack, each.to_segment or "") for each in moves]
    await connection.execute(_CANCEL.encode(), _columns(keys))


async def cancel_merged(connection: Connection, account_ids: Sequence[str]) -> None:
    """Cancel what waits for accounts that are only aliases now, but for what takes something back."""
    await connection.execute(
        "UPDATE segue.consequences SET status = 'cancelled', reason = %s, changed_at = now()"
        " WHERE account_id = ANY(%s) AND status = 'waiting' AND moment = 'enter'",
        (WhyNot.MERGED.value, list(account_ids)),
    )


async def read_stays(connection: Connection, moves: Sequence[Transition]) -> Mapping[StayKey, Stay]:
    """Return the last stay in each segment that is left or entered, where one set something off.

    What the moves overtake is to be cancelled before, and the moves themselves stored after.
    """
    keys = {
        (each.account_id, each.pack, segment)
        for each in moves
        for segment in (each.from_segment, each.to_segment)
        if segment is not None
    }
    return await _stays(connection, sorted(keys))


async def present_stay(connection: Connection, account_id: str, pack: str) -> tuple[str, Stay] | None:
    """Return the segment that an account is in, by its stored label, and its stay there; None where there is none."""
    cursor = await connection.execute(
        "SELECT segment FROM segue.labels WHERE account_id = %s AND pack = %s", (account_id, pack)
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    stay = (await _stays(connection, [(account_id, pack, row[0])])).get((account_id, pack, row[0]))
    return None if stay is None or stay.left_at is not None else (row[0], stay)


async def store_consequences(connection: Connection, found: Sequence[Consequence]) -> None:
    """Store what transitions set off, and what they did not and why."""
    if found:
        await connection.execute(_INSERT, (Jsonb([each.to_json() for each in found]),))


async def _stays(connection: Connection, keys: Sequence[StayKey]) -> dict[StayKey, Stay]:
    cursor = await connection.execute(_STAYS.encode(), _columns(keys))
    return {
        (account, pack, segment): Stay(
            frozenset(plays), left_at, taken_back, merged, frozenset((play, later) for play, later in pairs)
        )
        for account, pack, segment, plays, left_at, taken_back, merged, pairs in await cursor.fetchall()
    }


def _columns(keys: Iterable[StayKey]) -> list[list[str]]:
    listed = list(keys)
    return [[key[number] for key in listed] for number in range(3)]
