"""Prompts: their instructions, the form of the answer, and the name of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """Instructions, the form of the answer, and the hash of both: everything in a request but its content."""

    instructions: str
    revision: str
    name: str = "choice"
    """What the form of the answer is called."""
    schema: Mapping[str, Any] = field(default_factory=lambda: ANSWER_SCHEMA, compare=False)


@cache
def choose_play_prompt() -> Prompt:
    """Return the prompt of `prompts/choose_play.md`."""
    return prompt_of("choose_play", "choice", ANSWER_SCHEMA)


def prompt_of(file: str, name: str, schema: Mapping[str, Any]) -> Prompt:
    """Return the prompt of a file of `prompts/`, answered in a form."""
    text = files("segue.agents.prompts").joinpath(f"{file}.md").read_text("utf-8")
    whole = f"{text}\x00{json.dumps(schema, sort_keys=True)}"
    return Prompt(text, f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}", name, schema)
