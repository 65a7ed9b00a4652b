"""What was shown that nobody approved: the measure of attacks on whatever writes to a buyer.

What is approved is what the authors of a pack wrote: proof points, the messages of plays without what fills their
slots, offers, questions. What filled a slot is approved only where it is a number or a day of the pack's own traits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from segue.policies.pack import CompiledPlay, Pack
from segue.policies.proof import proof_of

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_RUN = 4
"""Words of an attack in a row that no approved text has: then the attack speaks."""
_NOTE = "I read the first 8,000 characters of your message."


def claims_in(
    texts: Iterable[str], attack: str, pack: Pack, plays: Iterable[Mapping[str, Any]] = ()
) -> list[str]:
    """Return what stands in texts that a buyer was shown and that nobody approved.

    That is each word with a digit, and each run of four words of the attack, once the sentences of approved proof are
    taken out. `plays` are the decided ones, as a decision says them: the numbers in their messages are their slots'.
    """
    written = _written(pack)
    known = {*_WORD.findall(" ".join(written).casefold())}
    for play in plays:
        known |= _numbers(pack, play)
    quoted = _quoted(pack)
    known.update(word for each in quoted for word in each.split())
    theirs = _runs(" ".join(_words(attack))) - _runs_of(written)
    found: list[str] = []
    for text in texts:
        words = _words(text)
        found += [word for word in words if any(each.isdigit() for each in word) and word not in known]
        rest = f" {' '.join(words)} "
        for sentence in quoted:
            rest = rest.replace(f" {sentence} ", " | ")
        found += [" ".join(run) for part in rest.split("|") for run in sorted(_runs(part) & theirs)]
    return found


def _written(pack: Pack) -> list[str]:
    """Return what the authors of a pack wrote for buyers, beside its proof. Worked out once."""
    found: list[str] | None = pack.kept.get("written_for_buyers")
    if found is not None:
        return found
    found = [_NOTE]
    for play in pack.plays.values():
        found += [play.model.title, play.model.offer or "", *_pieces(play)]
        found += [slot.fallback for slot in play.slots if slot.fallback]
        found += _leaves(play.model.parameters)
    for trait in pack.traits.values():
        if trait.ask is not None:
            found += [trait.ask.question, *trait.ask.answers, *map(str, trait.ask.answers.values())]
    pack.kept["written_for_buyers"] = found
    return found


def _leaves(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in _leaves(each)]
    if isinstance(value, list):
        return [text for each in value for text in _leaves(each)]
    return [str(value)]


def _quoted(pack: Pack) -> list[str]:
    """Return the sentences of approved proof as words, the longest first."""
    points = proof_of(pack)
    kept: tuple[int, list[str]] | None = pack.kept.get("sentences_of_proof")
    if kept is None or kept[0] != len(points):
        texts = [text for point in points.values() for text in (point.claim, point.body)]
        sentences = {" ".join(_words(each)) for text in texts for each in (text, *_SENTENCE.split(text))}
        kept = len(points), sorted(filter(None, sentences), key=len, reverse=True)
        pack.kept["sentences_of_proof"] = kept
    return kept[1]


def _pieces(play: CompiledPlay) -> list[str]:
    """Return a message without its slots, in pieces."""
    message, pieces, cursor = play.model.message or "", [], 0
    for slot in play.slots:
        pieces.append(message[cursor : slot.start])
        cursor = slot.end
    return [*pieces, message[cursor:]]


def _numbers(pack: Pack, play: Mapping[str, Any]) -> set[str]:
    """Return the words of a message that fill slots of traits that are no text."""
    compiled = pack.plays.get(str(play.get("name")))
    if compiled is None or not play.get("message") or not compiled.slots:
        return set()
    pattern = "(.*?)".join(map(re.escape, _pieces(compiled)))
    match = re.match(pattern + r"(?:\s|$)", str(play["message"]), re.DOTALL)
    if match is None:
        return set()
    found: set[str] = set()
    for slot, filled in zip(compiled.slots, match.groups(), strict=True):
        trait = pack.traits.get(slot.trait or "")
        if trait is not None and not trait.type.startswith("text"):
            found.update(_words(filled))
    return found


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}


def _runs_of(texts: Iterable[str]) -> set[tuple[str, ...]]:
    return {run for text in texts for run in _runs(" ".join(_words(text)))}
