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
    coalesce(gone.cause = 'merge', false)
FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked(account_id, pack, segment)
CROSS JOIN LATERAL (
    SELECT transition_id, array_agg(play) AS plays FROM segue.consequences
    WHERE account_id = asked.account_id AND pack = asked.pack AND segment = asked.segment
        AND moment = 'enter' AND ({_FIRED} OR reason = '{WhyNot.STILL_IN_EFFECT}')
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
    cursor = await connection.execute(_STAYS.encode(), _columns(sorted(keys)))
    return {
        (account, pack, segment): Stay(frozenset(plays), left_at, taken_back, merged)
        for account, pack, segment, plays, left_at, taken_back, merged in await cursor.fetchall()
    }


async def store_consequences(connection: Connection, found: Sequence[Consequence]) -> None:
    """Store what transitions set off, and what they did not and why."""
    if found:
        await connection.execute(_INSERT, (Jsonb([each.to_json() for each in found]),))


def _columns(keys: Iterable[StayKey]) -> list[list[str]]:
    listed = list(keys)
    return [[key[number] for key in listed] for number in range(3)]
