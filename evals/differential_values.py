"""The values that differential cases are made of: the ones on which engines are known to part ways.

Texts that look like quotes, escapes, wildcards or placeholders; letters whose case folds beyond ASCII;
characters whose UTF-16 order is not their code-point order; integers near 2**53; zeros with a sign;
instants at the very end of an interval. Rows and predicates draw from the same pools, so that
comparisons are met exactly and not only missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from segue.policies.language import Range, Type

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
"""The instant of evaluation of every case."""

SCHEMA: Mapping[str, Type] = {
    "industry": Type.TEXT,
    "city": Type.TEXT,
    "account_tiers.segment": Type.TEXT,
    "employees": Type.INTEGER,
    "visits": Type.INTEGER,
    "revenue": Type.NUMBER,
    "growth": Type.NUMBER,
    "is_customer": Type.BOOLEAN,
    "consent": Type.BOOLEAN,
    "renewal_at": Type.TIMESTAMP,
    "seen_at": Type.TIMESTAMP,
    "tech": Type.TEXT_LIST,
    "tags": Type.TEXT_LIST,
    "fit": Type.RANGE,
    "score": Type.RANGE,
}
"""The traits of every case. `fit` is stored as a range; `score` is defined by each case's scorecard."""

STORED = {name: kind for name, kind in SCHEMA.items() if name != "score"}
"""The traits that rows hold."""

# fmt: off
TEXTS = (
    # as a segmentation has them
    "", " ", "a", "A", "b", "z", "Z", "abc", "ABC", "aBc", "abc ", " abc", "abcabc", "a b", "aa", "ab", "ba",
    "saas", "SaaS", "axb", ".", "a.", "0", "1.0", "~", "\xa0",
    # quotes, escapes and wildcards
    "it's", "'", "''", "';--", "\\", "\\\\", "a\\b", "a\\", "\\n", "\\'", "\\%", "%", "_", "__", "a%b", "a_b",
    "100%", "a!b", "!", "!%", "!!", "^", "#", '"', "`", "a\nb", "a\r\nb", "\n",
    "\t", "E'x'", "N'x'", "x'41'",
    # what some client or engine fills in or cuts off
    "$", "${spark.app.name}", "$1", "$$", "--", "/* */", ";", "{{ x }}", "{x}", ":x", "?", "%s", "%(x)s",
    "@x", "&x", "NULL", "null", "true",
    # letters that fold or compose beyond ASCII
    "é", "É", "e\u0301", "ß", "SS", "ss", "ẞ", "İ", "ı", "I", "i", "i\u0307",
    "K", "\u212a", "k", "ſ", "s", "Σ", "ς", "σ",
    # characters above and below the surrogates, whose UTF-16 order is another
    "😀", "a😀b", "😀😀", "\U00010000", "\uff61", "\ufffd", "日本",
)
"""What both rows and predicates hold."""

ROW_TEXTS = ("\x01", "a\x01", "a\x01b", "\x7f", "\x1f", "a\u200db", "\u2028", "\ufeffabc", "\x85", "a" * 300)
"""What rows hold besides: a policy text may carry no control or format character."""

INTEGERS = (
    0, 1, -1, 2, 3, 5, 7, 10, 100, -100, 199, 200, 201, 4999, 5000, 5001, 2**31 - 1, 2**31, -(2**31) - 1,
    2**53 - 1, 2**53 - 2, 1 - 2**53,
)
NUMBERS = (
    0.0, -0.0, 0.1, 0.2, 0.3, 0.1 + 0.2, 0.5, 1.0, 1 / 3, 2.5, -1.5, -0.1, 5.0, 10.0, 70.0, 100.0, 199.99,
    200.0, 5000.0, 1e-7, 1e-15, -1e-15, 1e15, -1e15, 1e15 - 0.125, 123456789.123456, 2147483648.0,
)
OFFSETS = (
    (0, "SECOND"), (1, "SECOND"), (90, "MINUTE"), (1, "HOUR"), (24, "HOUR"), (1, "DAY"), (14, "DAYS"),
    (1, "WEEK"), (26, "WEEK"), (365, "DAY"), (36525, "DAY"),
)
"""Intervals, as an amount and its unit."""
# fmt: on
POINTS = (
    (40_000_000, 20_000_000, -15_000_000, 0),
    (100_000, 200_000, 300_000, -100_000, 1, 333_333, 10_500_000),
    (1_000_000_000_000, -1_000_000_000_000, 999_999_999_999),
)
"""The points of scorecards in millionths, by scorecard: whole, fractional, large."""
ENDS = (0.0, -0.0, 0.3, 10.0, 20.0, 25.5, 39.999999, 40.0, 40.000001, 60.0, 70.0, 100.0, -5.0, -20.0)


def length_of(amount: int, unit: str) -> timedelta:
    """Return the length of an INTERVAL such as (14, "DAYS")."""
    return timedelta(**{f"{unit.lower().removesuffix('s')}s": amount})


def _instants() -> tuple[datetime, ...]:
    tick = timedelta(microseconds=1)
    ends = [NOW + sign * length_of(*each) for each in OFFSETS for sign in (1, -1)]
    named = [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1582, 10, 10, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2024, 2, 29, tzinfo=UTC),
        datetime(2026, 11, 22, tzinfo=UTC),
    ]
    return (*ends, *(end + tick for end in ends[:6]), *(end - tick for end in ends[:6]), *named)


INSTANTS = _instants()


@dataclass(frozen=True)
class Pools:
    """The values that cases draw from: the fixed ones, and any that a caller adds."""

    texts: Sequence[str] = TEXTS
    integers: Sequence[int] = INTEGERS
    numbers: Sequence[float] = NUMBERS
    row_texts: Sequence[str] = field(default=ROW_TEXTS)


def random_row(random: Random, pools: Pools | None = None) -> dict[str, Any]:
    """Return one row: a value or None for every trait that is stored, `score` excepted."""
    pools = pools or Pools()
    blank = random.choice((0.0, 0.1, 0.3, 0.9))
    return {
        name: None if random.random() < blank else _value(random, kind, pools)
        for name, kind in STORED.items()
    }


def _value(random: Random, kind: Type, pools: Pools) -> Any:
    if kind is Type.TEXT:
        return random.choice(pools.texts if random.random() < 0.9 else pools.row_texts)
    if kind is Type.INTEGER:
        return random.choice(pools.integers)
    if kind is Type.NUMBER:
        near = float(random.randint(-1000, 1000)) / random.choice((1, 3, 8, 10, 1000))
        return random.choice(pools.numbers) if random.random() < 0.8 else near
    if kind is Type.BOOLEAN:
        return random.random() < 0.5
    if kind is Type.TIMESTAMP:
        return random.choice(INSTANTS)
    if kind is Type.TEXT_LIST:
        return tuple(random.choice(pools.texts) for _ in range(random.choice((0, 0, 1, 2, 5))))
    lo, hi = sorted((random.choice(ENDS), random.choice(ENDS)))
    return Range(lo, lo if random.random() < 0.4 else hi)
