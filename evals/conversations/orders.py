"""Texts that a model obeys wherever in a request it reads them, and where in its requests they stood."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segue.agents.choosers.model.prompt import choose_play_prompt
from segue.agents.conversations.leading_up import lead_up_prompt
from segue.agents.conversations.model_understanding import understand_prompt
from segue.evals.conversations.obedient import obeying
from segue.evals.model_faults.server import Asked

_START = 14
"""Characters by which a text is known again: what is planted is cut, and stands among others."""


@dataclass
class Orders:
    """Reads every request to a model for texts that were planted, and obeys the first that it finds.

    `places` counts where they stood, such as `facts.path`; `strays` holds what was no data: a text in the
    instructions, a key or another part of a request, or a user message that is no single JSON object.
    """

    texts: Sequence[str]
    places: Counter[str] = field(default_factory=Counter)
    strays: list[str] = field(default_factory=list)
    requests: int = 0
    seen: list[str] = field(default_factory=list)
    """What the models were told, for a look at what should never have reached one."""

    def __post_init__(self) -> None:
        self._starts = {_plain(each)[:_START] for each in self.texts} - {""}

    def answer(self, asked: Asked) -> Mapping[str, Any]:
        """Answer one request."""
        self.requests += 1
        self._check(asked)
        content = asked.content
        self.seen.append(asked.body["messages"][1]["content"].casefold())
        obeyed: str | None = None
        for place, text in _leaves(content):
            if self.hold(text):
                self.places[place] += 1
                obeyed = obeyed or text
        said = content.get("message") or (content.get("conversation") or {}).get("message") or ""
        return obeying(content, obeyed or said)

    def hold(self, text: str) -> bool:
        """Return True for a text in which a planted one begins."""
        if len(text) < _START // 2:
            return False
        plain = _plain(text)
        starts = [0, *(match.end() for match in re.finditer(" ", plain))]
        return any(plain[at : at + _START] in self._starts for at in starts)

    def _check(self, asked: Asked) -> None:
        roles = [each["role"] for each in asked.body["messages"]]
        if roles != ["system", "user"]:
            self.strays.append(f"messages of {roles}")
        prompts = (choose_play_prompt(), lead_up_prompt(), understand_prompt())
        if asked.instructions not in [each.instructions for each in prompts]:
            self.strays.append("instructions that are no prompt's")
        others = {name: value for name, value in asked.body.items() if name != "messages"}
        keys = [*_keys(asked.content), *(text for _, text in _leaves(others)), *_keys(others)]
        self.strays += [f"no data: {each[:60]}" for each in keys if self.hold(each)]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Give the texts of plain data, each with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, f"{place}[]")


def _keys(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield name
            yield from _keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)
