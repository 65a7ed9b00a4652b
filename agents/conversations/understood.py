"""What somebody meant by what they said: each with how sure that is and the words behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from segue.policies.models.traits import Scope


class Intent(StrEnum):
    """What somebody wants of a conversation. Append, never rename."""

    PRICING = "pricing"
    SECURITY = "security"
    INTEGRATION = "integration"
    COMPARISON = "comparison"
    EVIDENCE = "evidence"
    PRODUCT = "product"
    SUPPORT = "support"
    BOOKING = "booking"
    HUMAN = "human"
    TRIAL = "trial"
    UNSUBSCRIBE = "unsubscribe"
    JOB = "job"
    GREETING = "greeting"
    OTHER = "other"


class Objection(StrEnum):
    """What holds somebody back."""

    PRICE = "price"
    TIMING = "timing"
    INCUMBENT = "incumbent"
    TRUST = "trust"
    AUTHORITY = "authority"


class Urgency(StrEnum):
    """How soon they need it."""

    NOW = "now"
    LATER = "later"


class By(StrEnum):
    """What read a fact out of what was said."""

    BUTTON = "button"
    READ = "read"
    """A reader of values, as for imports."""
    MEANING = "meaning"
    """The answer of the question's that is nearest."""
    MODEL = "model"
    """A model pointed at the words, and a reader of values read them."""


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing that was meant: what, how sure that is (0 to 1), and the words behind it."""

    what: str
    confidence: float
    words: str


@dataclass(frozen=True, slots=True)
class SaidFact:
    """A fact that somebody stated of their company or themselves; the words are theirs."""

    trait: str
    value: Any
    sure: float
    """How sure it is that this is what they said, 0 to 1. How far it is believed is the pack's to say."""
    words: str
    scope: Scope
    by: By


@dataclass(frozen=True, slots=True)
class Understood:
    """What was meant by one message. Nothing is None: what is not understood is not there."""

    intent: Meant = Meant(Intent.OTHER.value, 0.0, "")
    objection: Meant | None = None
    urgency: Meant | None = None
    facts: tuple[SaidFact, ...] = ()
    refusals: tuple[Meant, ...] = ()
    """What they refuse (`refusals.Refusal`), as rules find it: no model adds to it or takes from it."""
    declines: bool = False
    """They would rather not answer what was asked."""
