"""What the side panel shows of a visit: the label, the play, why, what would flip it, and what went to Slack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segue.api.demo_site.people import Persona
from segue.api.demo_site.slack_pane import shown_messages
from segue.api.demo_site.stage import PACK, Stage
from segue.policies.models.play import Channel
from segue.policies.pack import Pack

_MOST = 5
_WORDS = {
    "no_outreach_without_consent": "Nobody there has agreed to be contacted",
    "opted_out": "They have opted out",
    "opportunity_in_progress": "A deal is in progress, and belongs to its owner",
    "no_open_opportunity": "There is no deal in progress",
    "below_meeting_threshold": "Not senior enough for a rep's time",
    "proof_for_another_persona": "That proof is for another role",
    "no_one_asked_for_a_meeting": "Nobody has asked for a meeting",
    "limit_reached": "Shown often enough already",
    "no_proof": "No approved proof fits",
    "nobody_free": "No rep is free",
    "nothing_to_ask": "No question would change the answer",
    "message_unfilled": "The words need a fact that is unknown",
    "other_story": "Another offer is held for this account now",
    "switched_off": "Switched off by hand",
    "left_alone": "They asked to be left alone",
    "pinned_by_hand": "A rep has asked to work this account alone",
}

_CAUSES = {
    "event": "a visit", "time": "time alone", "traits": "new facts", "import": "the CRM's file", "pin": "hand",
    "policy": "the first visit to the site", "identity": "knowing who it is", "merge": "a merge",
}  # fmt: skip


async def panel_of(stage: Stage, pack: Pack, visitor: str, persona: Persona, path: str) -> dict[str, Any]:
    """Return what is known and decided of a visit now. It is a dry run: to look changes nothing."""
    decision = await stage.call("POST", "/v1/decisions", json={
        "surface": "web", "visitor": visitor, "context": {"path": path}, "pack": PACK, "dry_run": True,
        "explain": "full",
    })  # fmt: skip
    known = await stage.find(f"/v1/accounts/{persona.domain}") if persona.email else None
    label = decision["labels"][PACK]
    account = None if known is None else known["account"]
    return {
        "who": {"name": persona.name, "title": persona.title, "company": persona.company},
        "account": account
        and {"name": account["name"], "domain": account["domain"], "owner": account["owner"]},
        "identity": decision.get("identity"),
        "intent": None if known is None else known["events"].get(PACK, {}).get("intent"),
        "label": {
            "segment": label["segment"],
            "title": pack.by_name[label["segment"]].model.title,
            "status": label["status"],
            "because": [_clause(each, pack) for each in label["because"] if each["trait"] != "intent"][
                :_MOST
            ],
            "missing": [_title(name, pack) for name in label["missing"]][:_MOST],
        },
        "play": {
            "name": decision["play"]["name"],
            "title": decision["play"]["title"],
            "message": decision["play"]["message"],
            "chooser": decision["chooser"],
        },
        "passed_over": [_passed(each, pack) for each in _excluded(decision["considered"], pack)][:_MOST],
        "flips": [_flip(each, pack) for each in decision["flip"]][:_MOST],
        "moves": []
        if known is None
        else [_move(each, pack) for each in known["transitions"] if each["to"]][:4],
        "slack": shown_messages(stage.systems, None if account is None else account["domain"]),
    }


def _title(trait: str, pack: Pack) -> str:
    declared = pack.traits.get(trait)
    return declared.title if declared is not None and declared.title else trait


def _clause(clause: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    trait = clause["trait"]
    return {
        "clause": clause["clause"],
        "title": _title(trait, pack) if trait else clause["clause"],
        "value": _plain(clause["value"]),
        "verdict": clause["verdict"],
    }


def _excluded(considered: Sequence[Mapping[str, Any]], pack: Pack) -> list[Mapping[str, Any]]:
    """Return the plays of pages that it did not get: those that a rule keeps it from first."""
    web = {name for name, play in pack.plays.items() if play.model.channel is Channel.WEB}
    found = [each for each in considered if not each["permitted"] and each["play"] in web]
    return sorted(found, key=lambda each: each["code"] == "not_allowed")


def _passed(finding: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    play = pack.plays.get(finding["play"])
    reason = finding["reason"]
    if finding["code"] == "not_allowed":
        reason = "Not for this segment"
    return {
        "play": finding["play"] if play is None else play.model.title,
        "reason": _WORDS.get(reason, str(reason).replace("_", " ").capitalize()),
    }


def _flip(flip: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    then = flip["then"]
    segment, opens = then.get("segment"), then.get("opens")
    return {
        "title": _title(flip["trait"], pack),
        "from": _plain(flip["from"]),
        "to": _plain(flip["to"]),
        "then": pack.by_name[segment].model.title if segment else f"Opens: {pack.plays[opens].model.title}",
    }


def _move(move: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    def named(segment: str | None) -> str | None:
        if segment is None:
            return None
        return pack.by_name[segment].model.title if segment in pack.by_name else segment

    return {
        "from": named(move["from"]),
        "to": named(move["to"]),
        "at": move["at"],
        "cause": _CAUSES[move["cause"]],
    }


def _plain(value: Any) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.1f}".removesuffix(".0")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list) and len(value) == 2 and not any(isinstance(each, str) for each in value):
        return " to ".join(map(_plain, value))
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return str(value)
