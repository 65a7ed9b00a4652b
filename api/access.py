"""Who calls: the key of a request, what its kind may do, and how often it may ask."""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections.abc import Callable, Mapping

from limits import RateLimitItem, parse
from starlette.requests import Request

from segue.api.keys import Key, Kind
from segue.api.problems import RefusedError

IDENTITY = "segue-identity"
"""The header in which a browser's identity token may stand."""
CONSENT = "segue-consent"
"""The header in which a page says `denied` where the browser cannot: `Sec-GPC` is the browser's own to send."""
_ALL = frozenset(Kind)
_MOST_COUNTED = 200_000
"""Keys and addresses whose requests are counted: some 30 MB."""


class RateLimits:
    """How often a key and, for keys of browsers, an address may ask, counted by this replica.

    Counted in windows that begin at multiples of their length, of which only the present one is kept.
    """

    def __init__(self, secret: str, publishable: str, address: str) -> None:
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}
        """What and who to the window and the requests in it."""
        self._by_kind = {
            Kind.SECRET: parse(secret),
            Kind.WRITE: parse(secret),
            Kind.PUBLISHABLE: parse(publishable),
        }
        self._address = parse(address)

    def check(self, key: Key, address: str) -> None:
        """Count a request.

        Raises:
            RefusedError: 429, with the seconds after which to try again.
        """
        self._hit(self._by_kind[key.kind], "key", key.key_id)
        if key.kind is Kind.PUBLISHABLE:
            self._hit(self._address, "address", address)

    def _hit(self, limit: RateLimitItem, what: str, who: str) -> None:
        length, now = limit.get_expiry(), time.time()
        window = int(now // length)
        counted, requests = self._counts.get((what, who), (window, 0))
        if counted != window:
            requests = 0
        if requests >= limit.amount:
            seconds = max(1, math.ceil((window + 1) * length - now))
            raise RefusedError(
                429, f"over {limit} for this {what}; try again in {seconds} s", {"Retry-After": str(seconds)}
            )
        if len(self._counts) >= _MOST_COUNTED and (what, who) not in self._counts:
            self._forget()
        self._counts[what, who] = window, requests + 1

    def _forget(self) -> None:
        """Make room: the half that was first counted goes, of which most have not asked for long."""
        for each in list(self._counts)[: _MOST_COUNTED // 2]:
            del self._counts[each]


def allow(*kinds: Kind) -> Callable[[Request], Key]:
    """Return the dependency that lets only keys of these kinds through, and gives the key."""
    permitted = frozenset(kinds)

    async def authenticated(request: Request) -> Key:
        return admit(request, header_secret(request), permitted)

    return authenticated  # type: ignore[return-value]  # fastapi awaits it


def admit(request: Request, secret: str, permitted: frozenset[Kind] = _ALL) -> Key:
    """Return the key of a secret, for a request that it may make, and count the request.

    Raises:
        RefusedError: 401, there is no such key; 403, its kind or the page may not do this; 429, too often.
        UnavailableError: the keys were not read yet.
    """
    services = request.app.state.services
    key: Key | None = services.keys.find(secret) if secret else None
    if key is None:
        what = (
            "the key is unknown, expired or revoked"
            if secret
            else "a key is missing: Authorization: Bearer KEY"
        )
        raise RefusedError(401, what, {"WWW-Authenticate": "Bearer"})
    if key.kind not in permitted:
        raise RefusedError(403, f"a {key.kind} key may not do this")
    origin = request.headers.get("origin")
    if key.kind is Kind.PUBLISHABLE and key.origins and origin not in key.origins:
        raise RefusedError(403, "this key is not for pages from here")
    services.rates.check(key, request.client.host if request.client else "")
    return key


def header_secret(request: Request) -> str:
    """Return the secret that the Authorization header holds, Bearer or Basic; empty where it holds none."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
    return ""


def is_denied(headers: Mapping[str, str]) -> bool:
    """Return True where nothing of the person is to be used: by their browser (`Sec-GPC`), or as the page says."""
    return headers.get("sec-gpc", "").strip() == "1" or headers.get(CONSENT, "").strip().lower() == "denied"
