"""What a conversation adds to what is known: things said, by packs' rules; proof by meaning; what is not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from segue.accounts.declared import SOURCE
from segue.accounts.stored import Said, StoredAccount, micros_of
from segue.agents.decision_request import Conversed, DecisionRequest, Revised
from segue.agents.logged_facts import LoggedFacts
from segue.agents.steps import Progress, label_step
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.situation import Situation


def with_declared(stored: StoredAccount, conversed: Conversed) -> StoredAccount:
    """Return an account with what was said of it in a conversation, unless it has since been said otherwise.

    It is one more thing that the source `declared` says: how far it is believed is for each pack to say.
    """
    if not conversed.declared:
        return stored
    traits: dict[str, Mapping[str, Said]] = dict(stored.traits)
    for each in conversed.declared:
        said = traits.get(each.trait, {})
        before, since = said.get(SOURCE), micros_of(each.at)
        if before is None or before[2] <= since:
            traits[each.trait] = {**said, SOURCE: (each.value, each.confidence, since)}
    return replace(stored, traits=traits)


def of_scope(values: Mapping[str, Any], scope: Scope, pack: Pack) -> dict[str, Any]:
    """Return those of some facts that a pack declares for a scope."""
    return {
        name: value
        for name, value in values.items()
        if name in pack.traits and pack.traits[name].scope is scope
    }


def said_in(request: DecisionRequest, scope: Scope, pack: Pack) -> dict[str, Any]:
    """Return what a conversation says of the person or of this turn, as facts of a pack."""
    if request.conversed is None:
        return {}
    said = request.conversed.contact if scope is Scope.CONTACT else request.conversed.context
    return of_scope(said, scope, pack)


async def ranked_by_meaning(facts: LoggedFacts, conversed: Conversed, packs: Sequence[Pack]) -> LoggedFacts:
    """Return facts with the proof points that answer what was asked, of those that policy permits here.

    Whether any does is a fact of the request, where the pack declares `approved_answer`.
    """
    if conversed.by_meaning is None:
        return facts
    snapshot = facts.snapshot(packs)
    situation: Situation = label_step(Progress(snapshot))["situation"]
    found = await conversed.by_meaning(snapshot.pack, situation.all_proof)
    said = {} if found.approved is None else {"approved_answer": found.approved.value}
    context = {**_of_the_request(said, snapshot.pack), **facts.context}
    return replace(facts, preferred=found.points, context=context)


def _of_the_request(said: Mapping[str, str], pack: Pack) -> dict[str, Any]:
    """Return those of some facts that a pack declares for the request, with the value among those that it knows."""
    return {
        name: value
        for name, value in of_scope(said, Scope.REQUEST, pack).items()
        if value in (pack.traits[name].values or ())
    }


def without_revised(facts: LoggedFacts, revised: Revised) -> LoggedFacts:
    """Return facts as they were before the decision that is revised was delivered: it counts against itself."""
    left = tuple(
        each
        for each in facts.delivered
        if not (
            each.play == revised.play and each.at == revised.decided_at and each.contact == facts.contact_id
        )
    )
    return replace(facts, delivered=left)
