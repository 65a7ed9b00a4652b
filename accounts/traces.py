"""What a page may have to be asked for again after: read for every open stream at once, and compared.

Whatever changed a label, a link or consent, and on which replica: its trace is in the store. So nothing has to
be told at the time, and nothing that was told can be missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import orjson

from segue.core.database import Connection
from segue.core.text_arrays import text_array

TRACES = """
SELECT asked.visitor, whose.contact_id, whose.account_id,
    (SELECT md5(string_agg(pack || ':' || segment || ':' || status, ',' ORDER BY pack)) FROM segue.labels
      WHERE labels.account_id = whose.account_id),
    (SELECT md5(string_agg(concat_ws(':', c.kind, c.purpose, c.source, c.state, extract(epoch FROM c.at)), ','
        ORDER BY c.kind, c.purpose, c.source)) FROM segue.consents AS c
      WHERE (c.kind = 'visitor' AND c.subject = asked.visitor)
        OR (c.kind = 'contact' AND c.subject = whose.contact_id))
FROM unnest(%(traced)s::text[]) AS asked(visitor)
LEFT JOIN LATERAL (
    SELECT visitors.contact_id, coalesce(account.alias_of, account.account_id) AS account_id
    FROM segue.visitors LEFT JOIN segue.contacts USING (contact_id)
    LEFT JOIN segue.accounts AS account
        ON account.account_id = coalesce(contacts.account_id, visitors.account_id)
        AND (SELECT state FROM segue.consents WHERE kind = 'visitor' AND subject = asked.visitor
                AND purpose = 'personalization'
            ORDER BY at DESC, state = 'denied' DESC LIMIT 1) IS DISTINCT FROM 'denied'
    WHERE visitors.visitor = asked.visitor
) AS whose ON true
"""
"""What traces are made from, by visitor. Of who denied that what is known of them is used, the account is not read."""


async def traces_of(connection: Connection, visitors: Sequence[str]) -> dict[str, str]:
    """Return for each visitor a digest, alike on every replica, that another account, label or consent changes."""
    cursor = await connection.execute(TRACES, {"traced": text_array(visitors)})
    return {row[0]: trace_of(row[1:]) for row in await cursor.fetchall()}


def trace_of(row: Sequence[object]) -> str:
    """Return the trace that the columns after the visitor make."""
    return hashlib.blake2b(orjson.dumps(row), digest_size=8).hexdigest()
