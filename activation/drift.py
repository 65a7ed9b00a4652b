"""Where the CRM's tags and the labels here disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segue.activation.connectors.crm import CrmRecord, TagConnector, field_named
from segue.activation.judging import takes_back
from segue.core.database import Connection
from segue.policies.models.play import Kind
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Drift:
    """A field of a record that is not what the label of its account says it should be."""

    field: str
    account: str | None
    """None for a record that is no account here."""
    domain: str | None
    record: str | None
    """None where no record of the account carries a tag."""
    there: str | None
    here: str | None
    waiting: bool
    """True where something that would change it is still to be carried out."""


async def drift_of(connection: Connection, connector: TagConnector, packs: Sequence[Pack]) -> list[Drift]:
    """Read the tags back and return where they disagree with the labels, by account."""
    found: list[Drift] = []
    for pack in packs:
        for field, segments in _tagged_segments(pack).items():
            name = connector.crm.field_of(field)
            records = await connector.in_thread(lambda name=name: connector.crm.tagged(name))  # type: ignore[misc]
            found += await _compared(connection, pack, name, segments, records)
    return found


def _tagged_segments(pack: Pack) -> dict[str, set[str]]:
    """Return for each field the segments on entering which it is written."""
    found: dict[str, set[str]] = {}
    for segment in pack.segments:
        for each in segment.model.on_enter:
            play = pack.plays.get(each)
            if play is None or play.model.kind is not Kind.TAG or "field" not in play.model.parameters:
                continue
            segments = found.setdefault(field_named(play.model.parameters), set())
            if not takes_back(pack, play):
                segments.add(segment.name)
    return found


_LABELLED = """
SELECT label.account_id, account.domain, label.segment, EXISTS (
    SELECT 1 FROM segue.consequences AS made WHERE made.account_id = label.account_id AND made.pack = label.pack
      AND made.status IN ('waiting', 'doing'))
FROM segue.labels AS label JOIN segue.accounts AS account USING (account_id)
WHERE label.pack = %s AND account.alias_of IS NULL AND (label.segment = ANY(%s) OR label.account_id = ANY(%s)
    OR account.domain = ANY(%s))
ORDER BY account.domain, label.account_id
"""


async def _compared(
    connection: Connection, pack: Pack, field: str, segments: set[str], records: list[CrmRecord]
) -> list[Drift]:
    by_id = {each.record_id: each for each in records}
    by_domain = {each.domain: each for each in records if each.domain}
    cursor = await connection.execute(_LABELLED, (pack.name, list(segments), list(by_id), list(by_domain)))
    found, matched = [], set()
    for account, domain, segment, waiting in await cursor.fetchall():
        record = by_id.get(account) or by_domain.get(domain)
        here = segment if segment in segments else None
        there = None if record is None else record.value
        if record is not None:
            matched.add(record.record_id)
        if here != there:
            found.append(
                Drift(field, account, domain, record.record_id if record else None, there, here, waiting)
            )
    left = [each for each in records if each.record_id not in matched]
    merged = await _merged(connection, pack, left)
    for each in left:
        account, waiting = merged.get(each.record_id) or merged.get(each.domain) or (None, False)
        found.append(Drift(field, account, each.domain, each.record_id, each.value, None, waiting))
    return found


async def _merged(
    connection: Connection, pack: Pack, records: Sequence[CrmRecord]
) -> dict[str | None, tuple[str, bool]]:
    """Return by id and by domain the accounts that were merged into others, and whether anything waits for them.

    Such an account has no label: a tag on its record disagrees.
    """
    cursor = await connection.execute(
        "SELECT account_id, domain, EXISTS (SELECT 1 FROM segue.consequences AS made"
        " WHERE made.account_id = accounts.account_id AND made.pack = %s AND made.status IN ('waiting', 'doing'))"
        " FROM segue.accounts WHERE alias_of IS NOT NULL AND (account_id = ANY(%s) OR domain = ANY(%s))",
        (pack.name, [each.record_id for each in records], [each.domain for each in records if each.domain]),
    )
    found: dict[str | None, tuple[str, bool]] = {}
    for account, domain, waiting in await cursor.fetchall():
        found[account] = account, waiting
        if domain is not None:
            found.setdefault(domain, (account, waiting))
    return found
