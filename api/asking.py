"""What a caller may name, who a token says is looking, and what of a decision a browser is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fastapi import Request

from segue.accounts.events import Proven
from segue.agents.live_policies import LivePacks
from segue.api.access import IDENTITY
from segue.api.problems import RefusedError
from segue.policies.models.traits import Scope

_PUBLIC_PLAY = ("name", "title", "kind", "channel", "offer", "message", "parameters", "proof_points")


def check_public(named: Mapping[str, Any], context: Iterable[str], live: LivePacks) -> None:
    """Refuse what a browser may not say: it says who is looking and at what, never which account or policy.

    `named` holds what only a server may name, by the name of its field.

    Raises:
        RefusedError: 403, something of it is named, or the context holds facts of an account or a person.
    """
    for name, value in named.items():
        if value:
            raise RefusedError(
                403, f"{name}: a publishable key may not name it; expected a visitor or a token"
            )
    for name in context:
        scopes = {pack.traits[name].scope for pack in live.packs if name in pack.traits}
        if scopes - {Scope.REQUEST}:
            raise RefusedError(403, f"context.{name}: a publishable key may give facts of the request alone")


def proven(token: str | None, contact_id: str | None, request: Request, now: datetime) -> Proven | None:
    """Return who a request's token says is looking, if it has one: in its body, or in its header.

    Raises:
        TokenError: 401, it is refused.
        RefusedError: 403, none is taken here, or it is of another than the contact who is named.
    """
    token = token or request.headers.get(IDENTITY)
    if not token:
        return None
    tokens = request.app.state.services.tokens
    if not tokens.are_taken:
        raise RefusedError(
            403, "identity token: SEGUE_IDENTITY_SECRET is not set, so that none can be checked"
        )
    found: Proven = tokens.read(token, now)
    if contact_id is not None and contact_id != found.user_id:
        raise RefusedError(403, "identity token: sub: expected the contact_id of the request, found another")
    return found


def public_decision(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a decision what `PublicDecisionOut` says: nothing about the account, nor who there works for it."""
    play = {name: answer["play"][name] for name in _PUBLIC_PLAY}
    return {"decision_id": answer["decision_id"], "surface": answer["surface"], "play": play}
