"""Identity tokens: which are taken, and why each other one is not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from segue.accounts.events import Proven
from segue.accounts.identity_tokens import IdentityTokens, TokenError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET, NEXT = "s" * 40, "n" * 40


def claims(**more: Any) -> dict[str, Any]:
    """The claims of a good token; None takes one out."""
    found = {"sub": "ada", "aud": "segue", "exp": int((NOW + timedelta(hours=1)).timestamp()), **more}
    return {name: value for name, value in found.items() if value is not None}


def signed(secret: str = SECRET, algorithm: str = "HS256", **more: Any) -> str:
    """A token."""
    return jwt.encode(claims(**more), secret, algorithm=algorithm)


def by_hand(header: Any, body: Any, signature: bytes = b"x") -> str:
    """A token put together."""
    parts = [json.dumps(header).encode(), json.dumps(body).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)


def seconds(hours: float) -> int:
    """An instant so many hours from now, in Unix seconds."""
    return int((NOW + timedelta(hours=hours)).timestamp())


def test_who_it_says_somebody_is() -> None:
    tokens = IdentityTokens(SECRET)
    assert tokens.read(signed(), NOW) == Proven("ada")
    whole = signed(email="Ada@Acme.com", account="acme.com", aud=["x", "segue"], nbf=seconds(0), iat=0)
    assert tokens.read(whole, NOW) == Proven("ada", "ada@acme.com", "acme.com")


def test_two_secrets_while_one_replaces_the_other() -> None:
    tokens = IdentityTokens(f"{NEXT} {SECRET}")
    assert tokens.read(signed(SECRET), NOW) == tokens.read(signed(NEXT), NOW) == Proven("ada")
    with pytest.raises(TokenError, match="not signed with the secret"):
        IdentityTokens(NEXT).read(signed(SECRET), NOW)


REFUSED = {
    "expired": (signed(exp=seconds(-0.1)), "it has expired"),
    "for too long": (signed(exp=seconds(25)), "exp: expected at most 24 hours ahead"),
    "for ever": (by_hand({"alg": "HS256"}, {}), "not signed"),
    "without an end": (signed(exp=None), "exp: expected when it expires"),
    "an end that is a text": (jwt.api_jws.encode(json.dumps(claims(exp="9999999999")).encode(), SECRET), "exp: expected"),
    "not yet": (signed(nbf=seconds(1)), "nbf: it does not hold yet"),
    "another audience": (signed(aud="shop"), "aud: expected 'segue'"),
    "no audience": (signed(aud=None), "aud: expected 'segue'"),
    "another key": (signed("o" * 40), "not signed with the secret"),
    "no algorithm": (by_hand({"alg": "none"}, claims(), b""), "alg: expected HS256"),
    "another algorithm": (signed("s" * 64, "HS512"), "alg: expected HS256"),
    "nobody": (signed(sub=None), "sub: expected the user's id"),
    "a number": (jwt.api_jws.encode(json.dumps(claims(sub=7)).encode(), SECRET), "sub: expected a text"),
    "a control character": (signed(sub="a\x00b"), "sub: expected a text"),
    "an address that is none": (signed(email="ada"), "email: expected an e-mail address"),
    "a long account": (signed(account="x" * 301), "account: expected a text"),
    "claims that are a list": (jwt.api_jws.encode(b"[1]", SECRET), "expected a signed JWT"),
    "no token": ("ada", "expected a signed JWT"),
    "empty": ("", "expected a signed JWT"),
    "not ASCII": ("ä.b.c", "expected a JWT of at most 4,096 ASCII characters"),
    "too long": ("a" * 5_000, "expected a JWT of at most 4,096 ASCII characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_why(name: str) -> None:
    token, why = REFUSED[name]
    with pytest.raises(TokenError) as caught:
        IdentityTokens(SECRET).read(token, NOW)
    assert why in caught.value.message and caught.value.message.startswith("identity token: ")
    assert len(token) < 10 or token not in caught.value.message


def test_a_token_that_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    head, body, signature = signed().split(".")
    other = signed(sub="eve").split(".")[1]
    for forged in (f"{head}.{other}.{signature}", f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body}."):
        with pytest.raises(TokenError, match="not signed with the secret"):
            IdentityTokens(SECRET).read(forged, NOW)


def test_without_a_secret_nothing_can_be_checked() -> None:
    with pytest.raises(TokenError, match="SEGUE_IDENTITY_SECRET is not set"):
        IdentityTokens("").read(signed(), NOW)
