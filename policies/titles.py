"""Job titles as words that rules can be matched against, in any language.

Case, accents, punctuation and the marks by which languages name both genders go; abbreviations that are
the same wherever they are met are written out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

MOST = 300
"""Characters of a title that are read: what is longer is no title."""

ABBREVIATIONS: Mapping[str, str] = {
    "vp": "vice president", "svp": "senior vice president", "evp": "executive vice president",
    "avp": "assistant vice president", "rvp": "regional vice president", "gvp": "group vice president",
    "sr": "senior", "snr": "senior", "jr": "junior", "dir": "director", "hd": "head", "mgr": "manager",
    "mngr": "manager", "mgmt": "management", "mktg": "marketing", "mkt": "marketing", "eng": "engineering",
    "engr": "engineer", "ops": "operations", "admin": "administrator", "exec": "executive", "asst": "assistant",
    "assoc": "associate", "coord": "coordinator", "spec": "specialist", "rep": "representative",
    "acct": "account", "dev": "development", "infosec": "information security", "cybersecurity": "cyber security",
    "biz": "business", "fin": "finance", "hr": "human resources", "cto": "chief technology officer",
    "cio": "chief information officer", "cfo": "chief financial officer", "ceo": "chief executive officer",
    "coo": "chief operating officer", "cmo": "chief marketing officer", "cro": "chief revenue officer",
    "ciso": "chief information security officer", "cpo": "chief product officer",
    "chro": "chief human resources officer", "md": "managing director",
}  # fmt: skip
"""Abbreviations that every pack has; a pack's own come first."""

_LETTERS_WITH_DOTS = re.compile(r"\b(?:\w\.){2,}")
_GENDERS = re.compile(r"\(?\b[mfwdhx]\s*[/|]\s*[mfwdhx](?:\s*[/|]\s*[mfwdhx])?\b\)?")
_BOTH = re.compile(r"(?<=\w)[*:_/·(]-?(?:in|innen|trice|e|euse|ère|a|o|ra)\b\)?")
_WORD = re.compile(r"[^\W_]+")


def title_words(title: str, abbreviations: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the words of a title: folded, without accents, abbreviations written out."""
    text = unicodedata.normalize("NFKC", title[:MOST]).casefold()
    text = _BOTH.sub("", _GENDERS.sub(" ", text))
    text = _LETTERS_WITH_DOTS.sub(lambda found: found[0].replace(".", "") + " ", text)
    words = _plain_words(text.replace("&", " and "))
    own = abbreviations or {}
    return tuple(word for each in words for word in own.get(each, ABBREVIATIONS.get(each, each)).split())


def own_abbreviations(given: Mapping[str, str]) -> dict[str, str]:
    """Return a pack's abbreviations as words of titles are looked up in them."""
    return {" ".join(_plain_words(short.casefold())): " ".join(_plain_words(long.casefold()))
            for short, long in given.items()}  # fmt: skip


def phrase_words(phrase: str, abbreviations: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the words of a rule's phrase, read as titles are; a `*` at either end of a word is kept."""
    found: list[str] = []
    for piece in phrase.split():
        head, tail = piece.startswith("*"), piece.endswith("*")
        words = title_words(piece.strip("*"), None if head or tail else abbreviations)
        if (head or tail) and words:
            words = ("*" * head + words[0], *words[1:])
            words = (*words[:-1], words[-1] + "*" * tail)
        found += words
    return tuple(found)


def same_word(wanted: str, word: str) -> bool:
    """Return True when a word of a phrase, perhaps with a `*` at either end, is a word of a title."""
    if "*" not in wanted:
        return word == wanted
    head, tail = wanted.startswith("*"), wanted.endswith("*")
    core = wanted.strip("*")
    if head and tail:
        return core in word
    if head:
        return word.endswith(core)
    return word.startswith(core) if tail else word == core


def _plain_words(text: str) -> list[str]:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WORD.findall(bare)
