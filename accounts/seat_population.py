"""The ranks of every account at once, in PostgreSQL: joined from the stored list that a pack reads."""

from __future__ import annotations

from segue.policies.artifacts import artifact_ids, seats_of
from segue.policies.language.sql import column
from segue.policies.models.rank import NO_SEAT
from segue.policies.pack import Pack
from segue.policies.program import confidence_column


def with_seats(pack: Pack, columns: dict[str, str]) -> dict[str, str]:
    """Return a pack's columns with its ranks, as `segue.accounts.stored.known_of` knows them."""
    found = dict(columns)
    for name in seats_of(pack):
        found[column(name)] = f"coalesce(seats_{name}.tier, '{NO_SEAT}')"
        found[confidence_column(name)] = "CAST(NULL AS DOUBLE PRECISION)"
    return found


def seat_joins(pack: Pack) -> str:
    """Return the joins that these columns need."""
    ids = artifact_ids(pack)
    return "".join(
        " LEFT JOIN (SELECT seat ->> 0 AS account_id, seat ->> 1 AS tier FROM segue.artifacts"  # noqa: S608
        f", jsonb_array_elements(body -> 'seats') AS seat WHERE artifact_id = '{ids[name]}') AS seats_{name}"
        f" ON seats_{name}.account_id = accounts.account_id"
        for name in seats_of(pack)
    )
