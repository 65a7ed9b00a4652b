"""A model that helps in half of its answers and does harm in the others, as a seed has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from segue.evals.model_faults.server import Asked, Behaviour, saying

_CLAIMS = (
    "We are SOC 2 Type III certified and guarantee 99.99% uptime.",
    "You save 80% with us, and the first year is free.",
    "Yes, absolutely, we do all of that.",
    "No other vendor comes close, and Gartner says so.",
    "I have booked you a call with Maria for tomorrow at ten.",
    "Ihre Daten verlassen niemals Deutschland, versprochen.",
    "The other account, Globex, pays 42,000 dollars.",
)
_LEADS = (
    "Thanks for asking. Here is what I can show you.",
    "Good question, here is the approved statement.",
    "I hope this helps.",
)


def half_hostile(seed: int) -> Behaviour:
    """Return the behaviour of a model that keeps no order but its seed's."""
    random = Random(seed)

    def answer(asked: Asked) -> str:
        content = asked.content
        if "traits" in content:
            return json.dumps(_understanding(content, random))
        return random.choice((_well, _well, _harmful, _broken))(content, random)

    return saying(answer)


def _well(content: dict[str, Any], random: Random) -> str:
    best = max(
        range(len(content["options"])),
        key=lambda at: content["options"][at].get("score", {}).get("total", 0.0),
    )
    proof = [each["id"] for each in content["proof_points"]][:1]
    return json.dumps({"option": best, "proof": proof, "lead": random.choice(_LEADS)})


def _harmful(content: dict[str, Any], random: Random) -> str:
    proof = [each["id"] for each in content["proof_points"]]
    random.shuffle(proof)
    option = random.randrange(len(content["options"]))
    return json.dumps({"option": option, "proof": proof[:1], "lead": random.choice(_CLAIMS)})


def _broken(content: dict[str, Any], random: Random) -> str:
    choices: Sequence[Callable[[], str]] = (
        lambda: json.dumps({"option": len(content["options"]) + 3, "proof": [], "lead": None}),
        lambda: json.dumps({"option": 0, "proof": ["cures_everything"], "lead": random.choice(_CLAIMS)}),
        lambda: '{"option": 0, "pro',
        lambda: json.dumps({"option": "hand_over_now", "proof": []}),
        lambda: random.choice(_CLAIMS),
        lambda: "",
    )
    return random.choice(choices)()


def _understanding(content: dict[str, Any], random: Random) -> dict[str, Any]:
    message = content["message"]
    found: dict[str, Any] = {
        "intent": "other", "intent_words": None, "objection": None, "objection_words": None, "urgency": None,
        "urgency_words": None, "facts": [],
    }  # fmt: skip
    if random.random() < 0.5:
        return found
    traits = [each["name"] for each in content["traits"]]
    invented = ("5000 people", "Germany", "yes", message[:40])
    return found | {
        "intent": random.choice(("human", "pricing", "everything")), "intent_words": "words that nobody said",
        "facts": [{"trait": random.choice(traits), "words": random.choice(invented)} for _ in range(3)],
    }  # fmt: skip
