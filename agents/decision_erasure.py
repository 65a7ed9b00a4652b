"""Take a person out of the decisions: what was decided stays and is counted, for whom and on what does not.

What is left of a decision is a tombstone: its facts are gone, so that replay counts it as erased, and its
answer keeps the labels, the play and what was excluded by which rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from segue.accounts.persons import Person
from segue.core.database import Connection

_FETCH = 500
_FIND = """
SELECT decision_id, account_id, visitor, answer::text FROM segue.decisions
WHERE visitor = ANY(%(visitors)s) OR account_id = ANY(%(strangers)s)
    OR facts ->> 'contact_id' = ANY(%(both)s) OR facts -> 'contact' ->> 'email' = ANY(%(emails)s)
    OR facts::text ~* %(pattern)s OR answer::text ~* %(pattern)s OR proposal::text ~* %(pattern)s
"""
_DELIVERED = """
SELECT decision_id, facts::text FROM segue.decisions
WHERE account_id = ANY(%(accounts)s) AND facts ->> 'delivered' ~ %(quoted)s
"""
_KEPT_OF_PLAY = ("name", "title", "kind", "channel", "goal", "offer", "owner")
_KEPT_OF_FINDING = ("play", "permitted", "reason", "code", "rule", "trait", "score")


async def erase_decisions(connection: Connection, person: Person) -> dict[str, int]:
    """Make tombstones of a person's decisions, and forget what was delivered to them; return rows by table."""
    ids = person.contacts | person.visitors
    parameters = {
        "visitors": list(person.visitors),
        "strangers": [f"visitor:{each}" for each in person.visitors],
        "both": list(ids),
        "emails": list(person.emails),
        "pattern": person.needles.pattern,
    }
    found: list[Any] = []
    async with connection.cursor("erased_decisions") as cursor:
        cursor.itersize = _FETCH
        await cursor.execute(_FIND, parameters)
        while rows := await cursor.fetchmany(_FETCH):
            for decision_id, account_id, visitor, answer in rows:
                await _bury(connection, person, decision_id, account_id, visitor, answer)
                found.append(decision_id)
    deliveries = await _erase_deliveries(connection, person)
    # what a page rests on quotes its decision
    pages = await connection.execute("DELETE FROM segue.pages WHERE decision_id = ANY(%s)", (found,))
    outcomes = await _erase_outcomes(connection, person)
    answers = await connection.execute(
        "DELETE FROM segue.idempotency WHERE substring(convert_from(response, 'UTF8')"
        " FROM '\"decision_id\":\"([0-9a-f-]{36})\"')::uuid = ANY(%s) OR convert_from(response, 'UTF8') ~* %s"
        " OR idempotency_key ~* %s",
        (found, person.needles.pattern, person.needles.pattern),
    )
    return {"decisions": len(found), "deliveries": deliveries, "idempotency": answers.rowcount,
            "pages": pages.rowcount, "outcomes": outcomes}  # fmt: skip


async def erase_consequences(connection: Connection, person: Person) -> int:
    """Blank what was noted of carrying plays out for a person's accounts where it names them."""
    names = sorted(person.identifiers | {each for each in person.telling if len(each) >= 4} | person.also)
    if not names or not person.accounts:
        return 0
    pattern = "|".join(rf"(?<![A-Za-z0-9]){re.escape(each)}(?![A-Za-z0-9])" for each in names)
    cursor = await connection.execute(
        "UPDATE segue.consequences SET detail = '{}', reason = nullif(reason, substring(reason FROM %(named)s)),"
        " words = CASE WHEN words::text ~* %(pattern)s THEN NULL ELSE words END"
        " WHERE account_id = ANY(%(accounts)s)"
        " AND (detail::text ~* %(pattern)s OR reason ~* %(pattern)s OR words::text ~* %(pattern)s)",
        {"pattern": pattern, "named": f"(?i)^.*(?:{pattern}).*$", "accounts": list(person.accounts)},
    )
    return cursor.rowcount


async def _bury(
    connection: Connection,
    person: Person,
    decision_id: Any,
    account_id: str,
    visitor: str | None,
    answer: str,
) -> None:
    account = account_id
    if account_id.startswith("visitor:"):
        account = f"visitor:{person.pseudonyms.get(account_id.removeprefix('visitor:'), 'erased')}"
    nobody = None if visitor is None else person.pseudonyms.get(visitor, "erased")
    await connection.execute(
        "UPDATE segue.decisions SET facts = '{}', proposal = NULL, visitor = %s, account_id = %s, answer = %s"
        " WHERE decision_id = %s",
        (nobody, account, orjson.dumps(tombstone(orjson.loads(answer), account)).decode(), decision_id),
    )


def tombstone(answer: Mapping[str, Any], account_id: str) -> dict[str, Any]:
    """Return what of an answer says nothing of the person it was for."""
    account = answer.get("account", {})
    return {
        **{name: value for name, value in answer.items() if name not in ("flip", "considered")},
        "account": {**account, "id": account_id} if account.get("id") == account_id
        else {"id": account_id, "domain": None, "name": None},
        "labels": {
            pack: {**label, "because": [], "missing": []} for pack, label in answer.get("labels", {}).items()
        },
        "play": {name: answer.get("play", {}).get(name) for name in _KEPT_OF_PLAY}
        | {"message": None, "parameters": {}, "proof_points": []},
        "considered": [
            {name: finding[name] for name in _KEPT_OF_FINDING if name in finding}
            for finding in answer.get("considered", ())
        ],
        "flip": [],
    }  # fmt: skip


async def _erase_outcomes(connection: Connection, person: Person) -> int:
    """Replace a person in what came of their decisions: that it came of them stays, and counts."""
    names = dict(person.pseudonyms)
    cursor = await connection.execute(
        "UPDATE segue.outcomes AS o SET visitor = new.name, sender = 'visitor:' || new.name,"
        " outcome_id = gen_random_uuid()::text, account_id = CASE WHEN o.account_id = 'visitor:' || o.visitor"
        " THEN 'visitor:' || new.name ELSE o.account_id END"
        " FROM unnest(%s::text[], %s::text[]) AS new(old, name) WHERE o.visitor = new.old",
        (list(names), list(names.values())),
    )
    return cursor.rowcount


async def _erase_deliveries(connection: Connection, person: Person) -> int:
    """Replace a person in the deliveries, and in what others' decisions had read of them."""
    names = dict(person.pseudonyms)
    cursor = await connection.execute(
        "UPDATE segue.deliveries AS d SET contact = coalesce(new.contact, d.contact),"
        " account_id = coalesce(new.account, d.account_id) FROM ("
        "  SELECT d2.ctid AS place, d2.tableoid AS part, a.new AS contact, 'visitor:' || b.new AS account"
        "  FROM segue.deliveries AS d2"
        "  LEFT JOIN unnest(%(old)s::text[], %(new)s::text[]) AS a(old, new) ON d2.contact = a.old"
        "  LEFT JOIN unnest(%(old)s::text[], %(new)s::text[]) AS b(old, new) ON d2.account_id = 'visitor:' || b.old"
        "  WHERE a.new IS NOT NULL OR b.new IS NOT NULL) AS new WHERE d.ctid = new.place AND d.tableoid = new.part"
        " RETURNING d.account_id",
        {"old": list(names), "new": list(names.values())},
    )
    accounts = sorted({row[0] for row in await cursor.fetchall()} | person.accounts)
    if not names or not accounts:
        return cursor.rowcount
    quoted = "|".join(re.escape(orjson.dumps(each).decode()) for each in names)
    others = await connection.execute(_DELIVERED, {"accounts": accounts, "quoted": quoted})
    for decision_id, text in await others.fetchall():
        facts = orjson.loads(text)
        facts["delivered"] = [[play, names.get(who, who), at] for play, who, at in facts["delivered"]]
        await connection.execute(
            "UPDATE segue.decisions SET facts = %s WHERE decision_id = %s",
            (orjson.dumps(facts).decode(), decision_id),
        )
    return cursor.rowcount
