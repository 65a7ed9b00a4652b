"""Check that what a model wrote around a quotation claims nothing: by what it may be made of, and nothing else.

The default is to refuse. A sentence passes when it is quoted whole, or when it leads up to a quotation: made
of connecting words and an act of leading up (here, you asked, I can show), with words of the quoted text only
as the topic that it names. So a number, a name, a superlative, a promise, a word of another language or of
another alphabet passes only where the quoted text has it, and there only as a topic. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise

import yaml

LONGEST = 280
_MOST_SENTENCES = 3
_MOST_TOPIC_WORDS = 6
_TOKEN = re.compile(r"[^\W_]+(?:['’\-‑.][^\W_]+)*%?|[$€£¥₹]|\S")
_SENTENCE_END = re.compile(r"(?<=[.!?:;…。！？])\s+|(?<=[。！？])|\n+")
_MARKUP = re.compile(r"https?:|www\.|[@<>\[\]{}`*_#|\\/=^~]")
_PUNCTUATION = frozenset(".,;:!?…'\"’‘“”()-–—")


_JOINS = frozenset(("a", "an", "the", "your", "our", "this", "that", "and", "or", "of", "in", "for"))


class Refusal(StrEnum):
    """Why a sentence is not grounded. Append, never rename."""

    NUMBER = "number"
    NAME = "name"
    WORD = "word"
    """A word that neither leads up to a quotation nor stands in it."""
    ASSERTION = "assertion"
    """Words of the quoted text put together to say something of their own."""
    NO_LEAD = "no_lead"
    """Nothing in it leads up to a quotation: it would answer by itself."""
    SCRIPT = "script"
    """A character that no connecting text needs: another alphabet, an emoji, a symbol."""
    MARKUP = "markup"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Ungrounded:
    """A sentence that is refused, why, and by which of its words."""

    sentence: str
    reason: Refusal
    what: str


@dataclass(frozen=True, slots=True)
class Quotable:
    """The texts that may be quoted: approved claims with their sentences, and approved messages."""

    sentences: frozenset[str]
    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    """Neighbours, so that a number keeps what it counts."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Quotable:
        """Return what may be quoted of some texts."""
        said: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        stems: set[str] = set()
        for text in texts:
            for sentence in _sentences(_plain(text)):
                words = [_stem(each) for each in _tokens(sentence) if each not in _PUNCTUATION]
                said.add(" ".join(words))
                stems.update(words)
                pairs.update(pairwise(words))
        return cls(frozenset(said), frozenset(stems), frozenset(pairs))


def ungrounded(text: str, quotable: Quotable) -> list[Ungrounded]:
    """Return every sentence of a text that is not grounded in what may be quoted, with the first reason."""
    plain = _plain(text)
    if len(plain) > LONGEST:
        return [Ungrounded(plain[:LONGEST], Refusal.LENGTH, f"{len(plain)} characters")]
    sentences = list(_sentences(plain))
    if len(sentences) > _MOST_SENTENCES:
        return [Ungrounded(plain, Refusal.LENGTH, f"{len(sentences)} sentences")]
    found = (_against(sentence, quotable) for sentence in sentences)
    return [each for each in found if each is not None]


def _against(sentence: str, quotable: Quotable) -> Ungrounded | None:
    markup = _MARKUP.search(sentence)
    if markup is not None:
        return Ungrounded(sentence, Refusal.MARKUP, markup[0])
    words = [each for each in _tokens(sentence) if each not in _PUNCTUATION]
    stems = [_stem(each) for each in words]
    if " ".join(stems) in quotable.sentences and len(stems) > 1:
        return None
    vocabulary = _vocabulary()
    plain = [_folded(each) for each in words]
    topics = []
    for place, word in enumerate(plain):
        if _is_number(word):
            if not _keeps_its_neighbour(stems, place, quotable):
                return Ungrounded(sentence, Refusal.NUMBER, words[place])
            topics.append(place)
        elif not word.isascii() or not all(each.isalnum() or each in "'-." for each in word):
            if stems[place] not in quotable.stems:
                return Ungrounded(sentence, Refusal.SCRIPT, words[place])
            topics.append(place)
        elif word not in vocabulary.words:
            if stems[place] not in quotable.stems:
                named = place > 0 and words[place][:1].isupper()
                return Ungrounded(sentence, Refusal.NAME if named else Refusal.WORD, words[place])
            topics.append(place)
    quoted = {place for place, stem in enumerate(stems) if stem in quotable.stems}
    return _as_a_whole(sentence, words, plain, topics, quoted)


def _as_a_whole(
    sentence: str, words: Sequence[str], plain: Sequence[str], topics: Sequence[int], quoted: AbstractSet[int]
) -> Ungrounded | None:
    """Judge a sentence whose every word is allowed: it leads up to something, and asserts nothing."""
    vocabulary = _vocabulary()
    for place in topics:
        if not _is_a_topic(plain, place, quoted):
            return Ungrounded(sentence, Refusal.ASSERTION, words[place])
    if len(topics) > _MOST_TOPIC_WORDS:
        return Ungrounded(sentence, Refusal.ASSERTION, words[topics[_MOST_TOPIC_WORDS]])
    if not any(_leads_up(plain, place) for place in range(len(plain))):
        return Ungrounded(sentence, Refusal.NO_LEAD, sentence)
    for place, word in enumerate(plain):
        if word in vocabulary.persons and _asserted(plain, place):
            return Ungrounded(sentence, Refusal.ASSERTION, words[place])
        if word in ("we", "it", "they", "it's") and not any(
            each in vocabulary.acts for each in plain[place + 1 : place + 4]
        ):
            if word in ("it", "it's") and not _asserted(plain, place):
                continue
            return Ungrounded(sentence, Refusal.ASSERTION, words[place])
    return None


def _leads_up(plain: Sequence[str], place: int) -> bool:
    """Return True for a word that leads up to a quotation: "here" only where a sentence or a part of it begins."""
    if plain[place] != "here":
        return plain[place] in _vocabulary().acts
    return place == 0 or plain[place - 1] in ("so", "and", "but", "question", "asked", "that")


def _asserted(plain: Sequence[str], place: int) -> bool:
    """Return True for a subject that something is said of: "it is", "it's", "it can"."""
    after = plain[place + 1] if place + 1 < len(plain) else ""
    return plain[place] == "it's" or after in _vocabulary().asserts


def _is_a_topic(plain: Sequence[str], place: int, quoted: AbstractSet[int]) -> bool:
    """Return True where a word of the quoted text is what the sentence is about: after "about" or "on"."""
    vocabulary = _vocabulary()
    before = place - 1
    while before >= 0 and plain[before] not in vocabulary.openers:
        joined = plain[before] in _JOINS or (before in quoted and plain[before] not in vocabulary.asserts)
        if not joined:
            return False
        before -= 1
    return before >= 0


def _keeps_its_neighbour(stems: Sequence[str], place: int, quotable: Quotable) -> bool:
    before = place > 0 and (stems[place - 1], stems[place]) in quotable.pairs
    after = place + 1 < len(stems) and (stems[place], stems[place + 1]) in quotable.pairs
    return before or after


def _is_number(word: str) -> bool:
    return word in _vocabulary().numbers or any(unicodedata.category(each).startswith("N") for each in word)


def _sentences(text: str) -> Iterator[str]:
    for each in _SENTENCE_END.split(text):
        if any(character.isalnum() for character in each) or any(
            ord(character) > 0x2190 for character in each
        ):
            yield each.strip()


def _plain(text: str) -> str:
    """Return a text in one form, without what cannot be seen."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(
        each for each in folded if unicodedata.category(each) not in ("Cf", "Cc") or each in "\n\t"
    )


def _tokens(sentence: str) -> list[str]:
    return _TOKEN.findall(sentence)


def _folded(word: str) -> str:
    return word.casefold().replace("’", "'").replace("‑", "-").rstrip(".")


def _stem(word: str) -> str:
    """Return a word without the endings that leave its meaning: never those that compare."""
    folded = _folded(word)
    folded = folded.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if folded.endswith(ending) and len(folded) - len(ending) >= 4 and not folded.endswith("ss"):
            return folded.removesuffix(ending)
    return folded


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The lists of `connecting.yaml`; `words` holds the acts too."""

    acts: frozenset[str]
    words: frozenset[str]
    openers: frozenset[str]
    persons: frozenset[str]
    asserts: frozenset[str]
    numbers: frozenset[str]


@cache
def _vocabulary() -> _Vocabulary:
    text = files("segue.agents.conversations").joinpath("connecting.yaml").read_text("utf-8")
    found = {name: frozenset(listed.split()) for name, listed in yaml.safe_load(text).items()}
    return _Vocabulary(**{**found, "words": found["acts"] | found["words"]})
