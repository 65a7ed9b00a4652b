"""The prompt of the model chooser: its instructions, the form of its answer, and the name of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

ANSWER_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "option": {"type": "integer", "description": "the index of the chosen option"},
        "proof": {
            "type": "array",
            "items": {"type": "string"},
            "description": "ids of proof points, the strongest first",
        },
        "why": {"type": ["string", "null"], "description": "the reason, in one sentence"},
    },
    "required": ["option", "proof", "why"],
    "additionalProperties": False,
}
"""One schema for every request: endpoints compile a new one for seconds. What is shown is checked here."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Instructions, and the hash of everything in a request that is not the options."""

    instructions: str
    revision: str


@cache
def choose_play_prompt() -> Prompt:
    """Return the prompt of `prompts/choose_play.md`."""
    text = files("segue.agents.prompts").joinpath("choose_play.md").read_text("utf-8")
    whole = f"{text}\x00{json.dumps(ANSWER_SCHEMA, sort_keys=True)}"
    return Prompt(text, f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}")
