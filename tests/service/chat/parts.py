"""A turn with one of every part, and its decision with facts of an account that no browser may learn of."""

from __future__ import annotations

from segue.agents.conversations.parts import (
    Asked,
    Citation,
    Cited,
    Decided,
    Ending,
    Finished,
    HandedOver,
    HandOver,
    Part,
    Replaced,
    Started,
    Text,
)
from segue.api.models.examples import DECISION

POINT = Citation("soc2", "Audited to SOC 2 Type II", "https://example.com/trust/soc2", "2027-09-01")
OTHER = Citation("iso", "Certified to ISO 27001", "https://example.com/trust/iso", "2027-09-01")
QUESTION = Asked("industry", "Which industry are you in?", (("Finance", "fintech"), ("Health", "healthcare")))
TURN: tuple[Part, ...] = (
    Started("01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b7", 2),
    Decided(DECISION, 1),
    Text("It is: "),
    Cited((POINT,)),
    Text("Audited to SOC 2 Type II."),
    QUESTION,
    HandedOver(HandOver.ROUTE, "rep-1@example.com", "sales_ready; asked about SOC 2"),
    Finished(Ending.HANDED_OVER),
)
REVISED: tuple[Part, ...] = (
    *TURN[:3],
    Replaced("Certified to ISO 27001, too.", DECISION, 2, (OTHER,)),
    Finished(Ending.ANSWERED),
)
NEVER = (
    "acme",
    "Acme",
    "0015g00000AbCdEAAV",
    "sales_ready",
    "intent",
    "rep-1@example.com",
    "account_owner",
    "sha256",
)
"""Of the account and who works for it."""
