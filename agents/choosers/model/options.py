"""What a model is shown of a decision: the permitted plays, the permitted proof, and the context."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segue.agents.choosers.rules import Choice, Score
from segue.policies.findings import Finding
from segue.policies.language.types import Range
from segue.policies.pack import CompiledPlay
from segue.policies.plain import json_value
from segue.policies.proof import trait_value
from segue.policies.situation import Situation
from segue.policies.wording import shows_proof, words_of

_LONGEST_TEXT = 400
_LONGEST_MESSAGE = 2_000
_MOST_ITEMS = 20
_MOST_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class ShownPlay:
    """One permitted play. The model sees everything but its `name`, and names it by its index."""

    name: str
    shows_proof: bool
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """What a model may choose from, as plain JSON values, and what it is told for that."""

    revision: str
    """The content hash of the deciding pack."""
    plays: tuple[ShownPlay, ...]
    """In the pack's order, which no outcome changes: an index means the same when it is replayed."""
    proof: tuple[tuple[str, str], ...]
    """(id, claim), the best first."""
    context: Mapping[str, Any]
    facts: Mapping[str, Any]

    @property
    def open(self) -> bool:
        """True when there is something to choose: two plays, or an order of proof."""
        if len(self.plays) == 1:
            return self.plays[0].shows_proof and len(self.proof) > 1
        return len(self.plays) > 1

    def message(self) -> str:
        """Return the user message: one JSON object, the same for the same content.

        Text from outside is only ever a JSON string in it.
        """
        content = {
            "options": [{"index": index, **each.shown} for index, each in enumerate(self.plays)],
            "proof_points": [{"id": each, "claim": claim} for each, claim in self.proof],
            "context": self.context,
            "facts": self.facts,
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def shown_options(situation: Situation, findings: Sequence[Finding], choice: Choice) -> Options:
    """Return what a model may choose from. `choice` is the rules' own, for its scores.

    Pure. Only what the gate permits is in it; the account's id, domain, name and owner are not.
    Texts from outside are cut to 400 characters, and lists to 20 items.
    """
    pack = situation.pack
    permitted = [pack.plays[each.play] for each in findings if each.permitted]
    facts = {name: trait_value(pack, name, situation.facts) for name in pack.traits}
    return Options(
        pack.revision,
        tuple(_shown_play(situation, play, choice.scores.get(play.name)) for play in permitted),
        tuple((point.id, point.claim) for point in situation.proof),
        _context(situation),
        {name: _bounded(value) for name, value in facts.items() if value is not None},
    )


def _shown_play(situation: Situation, play: CompiledPlay, score: Score | None) -> ShownPlay:
    model = play.model
    message = words_of(situation, play, situation.proof)
    shown: dict[str, Any] = {
        "title": model.title,
        "kind": model.kind.value,
        "channel": model.channel.value,
        "goal": model.goal,
        "offer": model.offer,
        "message": None if message is None else message[:_LONGEST_MESSAGE],
    }
    if score is not None:
        shown["score"] = {
            "propensity": score.propensity,
            "context": score.context,
            "value": score.value,
            "cost": score.cost,
            "total": score.total,
        }
    return ShownPlay(play.name, shows_proof(play), shown)


def _context(situation: Situation) -> dict[str, Any]:
    label = situation.label
    return {
        "surface": situation.surface,
        "segment": {"name": label.segment, "title": situation.policy.model.title},
        "status": label.status.value,
        "because": [
            {"clause": each.clause, "value": _bounded(each.value), "verdict": each.verdict}
            for each in label.because[:_MOST_CLAUSES]
        ],
        "missing": list(label.missing),
    }


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_LONGEST_TEXT]
    if isinstance(value, Range):
        return value.lo if value.lo == value.hi else json_value(value)
    if isinstance(value, tuple):
        return [_bounded(each) for each in value[:_MOST_ITEMS]]
    return json_value(value)
