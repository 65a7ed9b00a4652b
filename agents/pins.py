"""What may be held by hand: the same for whoever asks, over HTTP or on the command line."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from segue.accounts.stored import Pin
from segue.agents.live_policies import LivePacks
from segue.core.errors import InputError, NotFoundError, nearest


def checked_pin(live: LivePacks, pin: Pin, now: datetime) -> Pin:
    """Return a pin with the pack that it holds in; without one a label holds in the last live pack.

    Raises:
        InputError: it has expired already, or names a pack for an owner.
        NotFoundError: there is no such live pack, or no such segment in it.
    """
    if pin.expires_at <= now:
        raise InputError(f"expires_at: expected a time ahead, found {pin.expires_at.isoformat()}")
    if pin.kind == "owner":
        return replace(pin, pack=pack_of_pin(live, pin.kind, pin.pack))
    pack = live.up_to(pin.pack or None)[-1]
    if pin.value not in pack.by_name:
        known = list(pack.by_name)
        raise NotFoundError(
            f"value: {pack.name} has no segment {pin.value!r}; expected one of {', '.join(known)}"
            f"{nearest(pin.value, known)}"
        )
    return replace(pin, pack=pack.name)


def pack_of_pin(live: LivePacks, kind: str, pack: str) -> str:
    """Return the pack under which a pin is stored: none for an owner, the last live one where none is named.

    Raises:
        InputError: a pack is named for an owner.
    """
    if kind == "owner":
        if pack:
            raise InputError(f"pack: an owner holds in every pack; expected none, found {pack!r}")
        return ""
    return pack or live.packs[-1].name
