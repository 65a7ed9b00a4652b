"""Tokens by which a customer's backend signs who is at a browser: JWT, HS256, with a secret that it shares with us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from segue.accounts.events import Proven
from segue.core.errors import SegueError

AUDIENCE = "segue"
LONGEST = timedelta(hours=24)
"""How far ahead a token may expire."""
_LEEWAY = 60
"""Seconds by which two clocks may differ."""
_MOST = 4_096
"""Characters of a token."""
_CHECKS = {
    "verify_signature": True, "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False,
    "verify_iss": False, "verify_sub": False, "verify_jti": False,
}  # fmt: skip


class TokenError(SegueError):
    """A token is refused. The message says why and holds nothing of it."""

    code = "not_authenticated"
    status = 401

    def __init__(self, why: str) -> None:
        super().__init__(f"identity token: {why}")


class IdentityTokens:
    """Reads tokens under the secrets of a service: two while one replaces the other."""

    def __init__(self, secrets: str = "") -> None:
        self._secrets = tuple(secrets.split())

    @property
    def are_taken(self) -> bool:
        """False where there is no secret, so that no token can be checked."""
        return bool(self._secrets)

    def read(self, token: str, now: datetime) -> Proven:
        """Return who a token says that somebody is.

        Raises:
            TokenError: it is no token of ours, or does not hold at `now`.
        """
        if not self.are_taken:
            raise TokenError("SEGUE_IDENTITY_SECRET is not set, so that none can be checked")
        claims = self._signed(token)
        _check_times(claims, now)
        audience = claims.get("aud")
        if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
            raise TokenError(f"aud: expected {AUDIENCE!r}, found another or none")
        user_id = _text(claims, "sub")
        if user_id is None:
            raise TokenError("sub: expected the user's id, 1 to 300 characters")
        email = _text(claims, "email")
        if email is not None and email.count("@") != 1:
            raise TokenError("email: expected an e-mail address")
        return Proven(user_id, email and email.lower(), _text(claims, "account"))

    def _signed(self, token: str) -> Mapping[str, Any]:
        if len(token) > _MOST or not token.isascii():
            raise TokenError(f"expected a JWT of at most {_MOST:,} ASCII characters")
        for secret in self._secrets:
            try:
                found: Mapping[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], options=_CHECKS)  # type: ignore[arg-type]
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidAlgorithmError:
                raise TokenError("alg: expected HS256") from None
            except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
                raise TokenError("expected a signed JWT, this is none") from None
            return found
        raise TokenError("it is not signed with the secret of this service")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if isinstance(expires, bool) or not isinstance(expires, int | float) or expires != expires:
        raise TokenError("exp: expected when it expires, in Unix seconds")
    if expires <= now.timestamp() - _LEEWAY:
        raise TokenError("it has expired")
    if expires > now.timestamp() + LONGEST.total_seconds() + _LEEWAY:
        raise TokenError("exp: expected at most 24 hours ahead")
    if isinstance(begins, bool) or not isinstance(begins, int | float) or begins > now.timestamp() + _LEEWAY:
        raise TokenError("nbf: it does not hold yet")


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 300 or not _is_plain(value):
        raise TokenError(f"{name}: expected a text of 1 to 300 characters")
    return value.strip()


def _is_plain(text: str) -> bool:
    return all(" " <= each != "\x7f" and not "\ud800" <= each <= "\udfff" for each in text)
