"""Proof for whom an alert is about: the account's contact who was seen last and whose role is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segue.accounts.committees import seen_contacts
from segue.accounts.contact_roles import role_facts
from segue.core.database import Connection
from segue.policies.models.proof import ProofPoint
from segue.policies.proof import proof_of
from segue.policies.situation import Situation

_LOOKED_AT = 20
"""Contacts, those who were seen last first."""


async def proof_for_person(
    connection: Connection, situation: Situation, account_ids: Sequence[str]
) -> tuple[ProofPoint, ...]:
    """Return the proof that fits the role of the account's contact seen last; as without one where none fits.

    Their role chooses the proof and nothing else: whether the play may be done was judged without it.
    """
    pack, facts = situation.pack, situation.facts
    if pack.personas is None or not any(
        pack.personas.traits.persona in each.tags for each in proof_of(pack).values()
    ):
        return situation.proof
    within = pack.personas.active_within
    for each in await seen_contacts(connection, account_ids, facts.now, within, _LOOKED_AT):
        role = role_facts(each.traits, pack, facts.now)
        if pack.personas.traits.persona in role:
            theirs = replace(situation, facts=replace(facts, merged={**facts.merged, **role}))
            return theirs.proof or situation.proof
    return situation.proof
