"""How amounts of money name their currency: ISO 4217 codes, symbols and words.

A symbol that several currencies use stands for all of them until something settles which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from segue.accounts.spelling import words

CODES = words(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD
    KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
    NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
    SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD
    XCG XOF XPF YER ZAR ZMW ZWG"""
)
"""The ISO 4217 codes of currencies in use. A code counts as one in capital letters only."""

DOLLARS = words("USD AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD LRD NAD NZD SBD SGD SRD TTD TWD XCD")
_KRONER = frozenset({"SEK", "NOK", "DKK", "ISK"})
_YEN_OR_YUAN = frozenset({"JPY", "CNY"})

_SYMBOLS: dict[str, str] = {
    "us$": "USD", "u.s.$": "USD", "$us": "USD", "ca$": "CAD", "c$": "CAD", "cdn$": "CAD", "a$": "AUD",
    "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "nt$": "TWD", "r$": "BRL", "mx$": "MXN",
    "jp¥": "JPY", "cn¥": "CNY", "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₪": "ILS", "₺": "TRY",
    "₽": "RUB", "₴": "UAH", "₫": "VND", "฿": "THB", "₦": "NGN", "₱": "PHP", "zł": "PLN", "kč": "CZK",
    "ft": "HUF",
}  # fmt: skip
_WORDS: dict[str, str] = {
    "euro": "EUR", "euros": "EUR", "yen": "JPY", "yuan": "CNY", "renminbi": "CNY", "rmb": "CNY", "sfr": "CHF",
    "francs suisses": "CHF", "swiss franc": "CHF", "swiss francs": "CHF", "rupee": "INR", "rupees": "INR",
    "pound sterling": "GBP", "pounds sterling": "GBP", "sterling": "GBP", "united states dollar": "USD",
    "united states dollars": "USD", "us dollar": "USD", "us dollars": "USD", "canadian dollars": "CAD",
    "australian dollars": "AUD", "złoty": "PLN", "zloty": "PLN",
}  # fmt: skip
_SHARED: dict[str, frozenset[str]] = {
    "$": DOLLARS, "dollar": DOLLARS, "dollars": DOLLARS, "¥": _YEN_OR_YUAN, "￥": _YEN_OR_YUAN,
    "kr": _KRONER, "kronor": frozenset({"SEK"}), "kroner": frozenset({"NOK", "DKK"}),
    "pounds": frozenset({"GBP"}),
}  # fmt: skip


def _alternatives(texts: Iterable[str]) -> str:
    ordered = sorted(texts, key=len, reverse=True)
    return "|".join(re.escape(text).replace(r"\$", r"\s?\$").replace(r"\ ", r"\s+") for text in ordered)


_LETTERED = [text for text in (*_SYMBOLS, *_WORDS, *_SHARED) if text[0].isalpha()]
_BARE = [text for text in (*_SYMBOLS, *_SHARED) if not text[0].isalpha()]
CURRENCY = (
    rf"(?:(?<![^\W\d_])(?:{'|'.join(sorted(CODES))}|(?i:{_alternatives(_LETTERED)}))(?![^\W\d_])"
    rf"|(?i:{_alternatives(_BARE)}))"
)
"""A regular expression for whatever names a currency: a code, a symbol or a word."""


def currencies_of(token: str) -> frozenset[str]:
    """Return the ISO codes that a text found by `CURRENCY` may stand for; empty for anything else."""
    if token in CODES:
        return frozenset({token})
    key = re.sub(r"\s*\$\s*", "$", " ".join(token.lower().split()))
    shared = _SHARED.get(key)
    if shared is not None:
        return shared
    code = _SYMBOLS.get(key) or _WORDS.get(key)
    return frozenset({code}) if code else frozenset()


def currency_code(text: str) -> str | None:
    """Return the one ISO code that a text names, as a CRM's currency column does, or None."""
    found = currencies_of(text.strip().upper()) or currencies_of(text.strip())
    return next(iter(found)) if len(found) == 1 else None
