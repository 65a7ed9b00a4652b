"""Reason codes and causes in the words of a seller: plain text, without markup."""

from __future__ import annotations

from collections.abc import Mapping

_REASONS: Mapping[str, str] = {
    "outside_hours": "outside working hours",
    "at_daily_cap": "at today's cap",
    "outside_territory": "another territory",
    "territory_unknown": "territory not settled: a fact is missing",
    "limit_reached": "already sent as often as the policy allows",
    "switched_off": "held back by a kill switch",
    "nobody_free": "no rep is free",
    "forbidden_unknown": "a rule cannot be ruled out: a fact is missing",
}
CAUSES: Mapping[str, str] = {
    "event": "what they did", "time": "time that passed", "traits": "a changed fact", "import": "an import",
    "pin": "a pin by hand", "policy": "a change of policy", "identity": "who visitors are", "merge": "a merge",
}  # fmt: skip


def reason_in_words(code: str) -> str:
    """Return a reason code as words."""
    return _REASONS.get(code, code.replace("_", " "))
