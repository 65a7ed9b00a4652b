"""What an OpenFeature client asks, read from its evaluation context; and its errors, with the protocol's codes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from segue.accounts.reader import account_key
from segue.agents.decision_request import DecisionRequest
from segue.agents.pages import page_of
from segue.api.access import is_denied
from segue.api.asking import proven
from segue.api.keys import Key, Kind
from segue.api.models.base import clean
from segue.api.problems import problem
from segue.core.errors import SegueError
from segue.policies.models.pack import Surface
from segue.policies.models.traits import Scope

_LONGEST = 300
_OWN = ("targetingKey", "account", "contact_id", "pack", "identity_token")


class OfrepError(SegueError):
    """What is asked cannot be evaluated; `code` is the protocol's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = 404 if code == "FLAG_NOT_FOUND" else 400


def read_context(body: bytes) -> dict[str, Any]:
    """Return the evaluation context of a body.

    Raises:
        OfrepError: the body is no JSON object, or its context is none.
    """
    try:
        found = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise OfrepError("PARSE_ERROR", f"body: expected JSON as UTF-8: {error.msg}") from None
    if not isinstance(found, dict):
        raise OfrepError("PARSE_ERROR", "body: expected an object with a context")
    context = found.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise OfrepError("INVALID_CONTEXT", "context: expected an object")
    return context


def asked_page(context: dict[str, Any], key: Key, request: Request) -> DecisionRequest:
    """Return the decision that a page's flags rest on, as its context asks for it.

    Attributes that no live pack declares are for others and left out; so are facts of the account, and from
    a browser those of the contact.

    Raises:
        OfrepError: nobody is named, or something that this key may not name, or no text where one belongs.
        TokenError, RefusedError: the identity token is refused.
    """
    named = {name: _text(context, name) for name in _OWN}
    denied = is_denied(request.headers)
    if key.kind is Kind.PUBLISHABLE:
        for name in ("account", "contact_id"):
            if named[name] is not None:
                raise OfrepError("INVALID_CONTEXT", f"{name}: a publishable key may not name it")
    token = proven(named["identity_token"], named["contact_id"], request, datetime.now(UTC))
    signed = token.account if token is not None and named["account"] is None else None
    account = named["account"] or signed
    if named["targetingKey"] is None and account is None and token is None and not denied:
        raise OfrepError("TARGETING_KEY_MISSING", "targetingKey: expected the visitor's id")
    facts = _facts(context, request)
    who = account_key(account) if account is not None else None
    visitor, pack = named["targetingKey"], named["pack"]
    contact = facts[Scope.CONTACT] if key.kind is Kind.SECRET else {}
    contact_id = named["contact_id"] or (token.user_id if token is not None else None)
    context = facts[Scope.REQUEST]
    return DecisionRequest(
        Surface.WEB.value, who, visitor, contact, contact_id, context, pack,
        personal=not denied, proven_account=signed,
        page=None if denied else page_of(visitor, who, contact_id, contact, context, pack),
    )  # fmt: skip


def ofrep_problem(error: OfrepError, request: Request, key: str | None = None) -> Response:
    """Return the response of an error: a problem as everywhere, with the members that clients look for."""
    found = {"errorCode": error.code, "errorDetails": error.message}
    if key is not None:
        found = {"key": key, **found}
    code = "not_found" if error.status == 404 else "bad_request"
    request_id = request.scope.get("segue.request_id")
    return problem(error.status, code, error.message, request_id=request_id, more=found)


def _facts(context: dict[str, Any], request: Request) -> dict[Scope, dict[str, Any]]:
    found: dict[Scope, dict[str, Any]] = {scope: {} for scope in Scope}
    packs = request.app.state.services.policies.live.packs
    for name, value in context.items():
        if name in _OWN or value is None:
            continue
        scopes = {pack.traits[name].scope for pack in packs if name in pack.blank}
        if len(scopes) == 1:
            if _is_deep(value):
                raise OfrepError("INVALID_CONTEXT", f"{name}: expected a value or a list of values")
            found[scopes.pop()][name] = value
    return found


def _is_deep(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(each, dict | list) for each in value)
    )


def _text(context: dict[str, Any], name: str) -> str | None:
    value = context.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST * (20 if name == "identity_token" else 1):
        raise OfrepError("INVALID_CONTEXT", f"{name}: expected a text of 1 to {_LONGEST} characters")
    try:
        return clean(value)
    except ValueError as error:
        raise OfrepError("INVALID_CONTEXT", f"{name}: {error}") from None
