"""What consent makes of a request: nothing personal in it, or the facts that a policy asks about consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segue.accounts.consent import ConsentState
from segue.agents.decision_request import DecisionRequest
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack

_FACTS = {
    ConsentState.GRANTED: {"marketing_consent": True, "opted_out": False},
    ConsentState.DENIED: {"marketing_consent": False, "opted_out": True},
}
"""What the traits of a contact that packs call so are, by the consent to marketing."""


def impersonal(request: DecisionRequest) -> DecisionRequest:
    """Return a request with nothing of a person or an account: it gets what somebody unknown gets.

    What the request says of itself goes too: a path may name somebody.
    """
    said = request.conversed
    return replace(
        request,
        account=None,
        visitor=None,
        contact={},
        contact_id=None,
        context={},
        personal=False,
        proven_account=None,
        page=None,
        conversed=None if said is None else replace(said, declared=(), contact={}, context={}),
    )


def with_marketing(request: DecisionRequest, state: ConsentState, packs: Sequence[Pack]) -> DecisionRequest:
    """Return a request with what is stored of consent to marketing, where packs ask and the caller said nothing."""
    facts = {
        name: value
        for name, value in _FACTS.get(state, {}).items()
        if name not in request.contact and any(_asks(pack, name) for pack in packs)
    }
    return replace(request, contact={**request.contact, **facts}) if facts else request


def _asks(pack: Pack, name: str) -> bool:
    trait = pack.traits.get(name)
    return trait is not None and trait.scope is Scope.CONTACT and trait.type == "boolean"
