"""Text cells: what counts as text at all, which words mean that nothing was stated, how a list is split."""

from __future__ import annotations

import csv
import json
import unicodedata

from segue.accounts.spelling import words
from segue.policies.language.types import MAX_TEXT

TEXT_EXPECTED = f"text of at most {MAX_TEXT} characters without NUL or lone surrogates"

_AROUND = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff"
_ABSENT = words(
    """n/a #n/a n.a. n.a #na null nil none unknown tbd tba t.b.d. t.b.a. undefined unspecified blank empty
    missing \\n k.a. n.v.t."""
) | {
    "not available", "not applicable", "not set", "not specified", "not provided", "not known", "not stated",
    "no value", "no data", "to be determined", "to be defined", "to be announced", "keine angabe",
    "unbekannt", "inconnu", "desconocido", "sconosciuto", "onbekend",
}  # fmt: skip

_LONGEST_ABSENT = 16


def clean_text(text: str) -> str | None:
    """Return the text without space around it, composed (NFC); None when it is refused.

    Refused are NUL, lone surrogates and more than 10,000 characters: no store takes the first two.
    """
    text = text.strip(_AROUND)
    if text.isascii():
        return text if len(text) <= MAX_TEXT and "\x00" not in text else None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return None
    text = unicodedata.normalize("NFC", text)
    return text if len(text) <= MAX_TEXT and "\x00" not in text else None


def is_absent(text: str, *, na_too: bool = True) -> bool:
    """True when a clean text says that nothing was stated: empty, punctuation alone, "N/A", "unknown", "TBD".

    `na_too` counts a bare "NA" among them; for a country it may be Namibia.
    """
    if not text:
        return True
    if len(text) > _LONGEST_ABSENT and text[0].isalnum():
        return False
    word = text.strip(" ()[]{}<>-–—_*").lower()
    if not word:
        return True
    return word in _ABSENT or (na_too and word == "na") or not any(c.isalnum() or c in "#+%" for c in word)


def split_list(text: str) -> list[str] | None:
    """Return the items of a list written as text: a JSON array, or parted by `;`, `|`, line breaks or `,`.

    The first of these that occurs parts the whole text, so "a, b; c" is two items. Quoted items may
    hold a comma. Empty items and repetitions are dropped. None when it opens as a JSON array of texts
    and is not one.
    """
    if text.startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            return None
    else:
        mark = next((mark for mark in (";", "|", "\n") if mark in text), ",")
        items = _quoted(text) if mark == "," and '"' in text else text.split(mark)
    return list(dict.fromkeys(stripped for item in items if (stripped := item.strip(_AROUND))))


def _quoted(text: str) -> list[str]:
    try:
        return next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:
        return text.split(",")
