"""The flags of a page, made from the play of its one decision. What they say is what the page shows, and no more.

The value of a flag that the play does not fill is empty and of the same type, so that no caller meets two types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segue.agents.steps import SILENCE
from segue.policies.models.play import Channel, Kind, Play
from segue.policies.pack import Pack

FLAGS = ("play", "page_variant", "message", "proof_points", "cta", "banner")
"""The flags that every page has. A pack's web plays name more: the slots of its pages."""
NO_VARIANT = "none"


def flag_keys(packs: Sequence[Pack]) -> tuple[str, ...]:
    """Return the flags of some packs: those of every page, then their slots."""
    slots = [slot for pack in packs for slot in slots_of(pack)]
    return tuple(dict.fromkeys((*FLAGS, *slots)))


def slots_of(pack: Pack) -> tuple[str, ...]:
    """Return the slots that the web plays of a pack name."""
    found: tuple[str, ...] | None = pack.kept.get("slots")
    if found is None:
        names = (
            name
            for play in pack.plays.values()
            if play.model.channel is Channel.WEB
            for name in _slots(play.model)
        )
        found = pack.kept["slots"] = tuple(dict.fromkeys(name for name in names if name not in FLAGS))
    return found


def flag_values(said: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Return the value of each flag for what a page rests on (`pages.said_of`); None for one that it does not fill."""
    play = said["play"]
    if play["name"] == SILENCE:
        return dict.fromkeys(keys)
    parameters = play["parameters"]
    slots = parameters.get("slots")
    texts = {name: str(text) for name, text in slots.items()} if isinstance(slots, Mapping) else {}
    if isinstance(parameters.get("slot"), str) and play["message"]:
        texts.setdefault(parameters["slot"], play["message"])
    found: dict[str, Any] = {
        **texts,
        "play": play["name"],
        "page_variant": _variant(play),
        "message": play["message"],
        "proof_points": {"points": play["proof_points"]} if play["proof_points"] else None,
        "cta": _call_to_action(play),
        "banner": _banner(play),
    }
    return {key: found.get(key) for key in keys}


def empty_value(key: str) -> Any:
    """Return the value of a flag that nothing fills."""
    empty: dict[str, Any] = {
        "play": SILENCE,
        "page_variant": "default",
        "proof_points": {"points": []},
        "cta": {},
        "banner": {},
    }
    return empty.get(key, "")


def _slots(play: Play) -> tuple[str, ...]:
    one, several = play.parameters.get("slot"), play.parameters.get("slots")
    named = tuple(map(str, several)) if isinstance(several, Mapping) else ()
    return (*((one,) if isinstance(one, str) and one else ()), *named)


def _variant(play: Mapping[str, Any]) -> str | None:
    if play["kind"] != Kind.PAGE:
        return None
    variant = play["parameters"].get("variant")
    return variant if isinstance(variant, str) and variant else str(play["name"])


def _call_to_action(play: Mapping[str, Any]) -> dict[str, Any] | None:
    parameters = play["parameters"]
    action = parameters.get("call_to_action") or (play["name"] if play["kind"] == Kind.CTA else None)
    text = play["offer"] or (play["message"] if play["kind"] == Kind.CTA else None)
    if action is None and (play["offer"] is None or play["kind"] == Kind.BANNER):
        return None
    return _said(action=action, text=text, page=parameters.get("page"))


def _banner(play: Mapping[str, Any]) -> dict[str, Any] | None:
    if play["kind"] not in (Kind.BANNER, Kind.ASK):
        return None
    parameters = play["parameters"]
    return _said(
        text=play["message"],
        placement=parameters.get("placement") or parameters.get("slot"),
        page=parameters.get("page"),
        trait=parameters.get("trait"),
        question=parameters.get("question"),
        answers=parameters.get("answers"),
    )


def _said(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value is not None}
