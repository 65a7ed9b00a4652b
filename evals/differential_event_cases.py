"""Random traits over events, and random events of random accounts to compute them from.

Instants are drawn so that many stand exactly on the edge of a window, on that of another event, or ahead of
now; properties so that some are numbers, some look like numbers, and some are neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from segue.policies.artifact import ArtifactKind, artifact_of
from segue.policies.artifacts import definition_of
from segue.policies.event_traits import EventTrait, event_trait
from segue.policies.models.traits import Trait
from segue.policies.rfm import PARTS

NOW = datetime(2026, 11, 27, 9, 30, 0, 250_000, tzinfo=UTC)
KINDS = ("page", "track", "identify", "group", "screen")
LENGTHS = ("1s", "1h", "24h", "3d", "7d", "14d", "30d")
_SPANS = [
    timedelta(seconds=1),
    timedelta(hours=1),
    *(timedelta(days=n) for n in (1, 2, 3, 6, 7, 14, 28, 30, 60)),
]
PATHS = (
    "/pricing", "/pricing/", "/pricing/teams", "/compare/a", "/Compare", "/docs/ü", "/价格", "/a%b", "/a_b", "",
    "/\\", "/'quoted'", "/🦊", None,
)  # fmt: skip
NAMES = ("Demo Requested", "demo requested", "Trial Started", "Ünlü", "", None)
_WHERES = (
    None, "path LIKE '/pricing%'", "path LIKE '/compare%' OR name = 'Demo Requested'", "path IS NULL",
    "name IN ('Demo Requested', 'Trial Started')", "NOT path LIKE '/docs/%'", "path > '/d'",
    "LOWER(name) = 'demo requested'",
    "path LIKE '%!%%' ESCAPE '!'", "referrer IS NOT NULL AND search IS NULL",
    "path = '/🦊' OR path = '/\\'", "title = name",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    0, 1, -1, 2.5, 0.1, 0.2, 0.0000005, 1.0000015, -0.0000005, 1e-9, 12345.678901, 999_999_999_999.123, 1e15, -1e15,
    1e16, 2**53, 2**53 - 1, 9_007_199_254_740_993, 5.0, 1e3, 7, True,
    False, "12", "abc", "ü", "", "🦊", "true", None, [1], {"a": 1},
)  # fmt: skip


def random_trait(random: Random) -> EventTrait:
    """Return a trait of any kind that reads events."""
    kind = random.choice(
        ("count", "distinct", "sum", "first", "latest", "trend", "trend_sum", "decay", "rfm")
    )
    if kind == "decay":
        points = [
            {
                "event": random.choice(KINDS[:2]),
                "add": random.choice((1.0, 5.0, 15.0, 0.1, -4.0)),
                **_where(random),
            }
            for _ in range(random.randint(1, 4))
        ]
        score: dict[str, Any] = {
            "half_life": random.choice(LENGTHS[2:]),
            "forget_after": "30d",
            "points": points,
        }
        if random.random() < 0.5:
            score["at_most"] = random.choice((20.0, 100.0))
        return _trait("number", "decay", score)
    events = random.choice(("page", "track", ["page", "track"], list(KINDS)))
    model: dict[str, Any] = {"event": events, "over": random.choice(LENGTHS), **_where(random)}
    if kind == "rfm":
        return _random_rfm(random, model)
    if kind == "distinct":
        model["of"] = random.choice(("contact", "visitor", "path", "name"))
    elif kind in ("sum", "trend_sum"):
        model["of"] = random.choice(("amount", "Seats"))
    elif kind in ("first", "latest"):
        model["of"] = random.choice(("amount", "Seats", "plan", "plan"))
        if random.random() < 0.2:
            return _trait("text", kind, {**model, "of": random.choice(("path", "name", "title"))})
        return _trait(random.choice(("text", "integer", "number", "boolean")), kind, model)
    return _trait("integer" if kind in ("count", "distinct") else "number", kind.removesuffix("_sum"), model)


def _where(random: Random) -> dict[str, str]:
    text = random.choice(_WHERES)
    return {} if text is None else {"where": text}


def _trait(kind: str, key: str, model: dict[str, Any]) -> EventTrait:
    return event_trait(Trait.model_validate({"type": kind, "layer": "behavioral", key: model}))


def _random_rfm(random: Random, model: dict[str, Any]) -> EventTrait:
    """Return quantiles, mostly with cut points, some of which stand where raw values do."""
    quantiles, part = random.randint(2, 6), random.choice((None, *PARTS))
    rfm = {**model, "value": random.choice(("amount", "Seats")), "quantiles": quantiles}
    trait = Trait.model_validate(
        {"type": "integer" if part else "text", "layer": "behavioral", "rfm": rfm | ({"part": part} if part else {})}
    )  # fmt: skip
    if trait.rfm is None or random.random() < 0.1:
        return event_trait(trait)
    cuts = quantiles - 1
    body = {
        "definition": definition_of(trait.rfm),
        "recency": sorted(
            random.choice((60, 3600, 86_400, 3 * 86_400, random.randint(1, 3_000_000))) for _ in range(cuts)
        ),
        "frequency": sorted(random.randint(1, 9) for _ in range(cuts)),
        "monetary": sorted(
            random.choice((0.0, 12345.678901, random.uniform(-1e4, 1e5))) for _ in range(cuts)
        ),
    }
    return event_trait(trait, artifact_of(ArtifactKind.CUT_POINTS, "any", "rfm", NOW, body))


def random_event(random: Random, account: str, now: datetime = NOW) -> dict[str, Any]:
    """Return one event of an account, as a row of the table of events."""
    path = random.choice(PATHS)
    name = random.choice(NAMES)
    return {
        "account_id": account,
        "kind": random.choice(KINDS[:2]) if random.random() < 0.8 else random.choice(KINDS[2:]),
        "at": _instant(random, now),
        "visitor": random.choice((None, f"v{random.randint(0, 3)}", "ü")),
        "contact_id": random.choice((None, f"c{random.randint(0, 3)}")),
        "name": name,
        "path": path,
        "url": None if path is None else f"https://example.com{path}",
        "title": random.choice((name, "Pricing", None)),
        "referrer": random.choice((None, "https://search.example")),
        "search": random.choice((None, "?q=%C3%BC")),
        "properties": _properties(random),
    }


def _instant(random: Random, now: datetime) -> datetime:
    draw = random.random()
    if draw < 0.3:  # on an edge, or a microsecond beside it
        return now - random.choice(_SPANS) + timedelta(microseconds=random.randint(-1, 1))
    if draw < 0.35:
        return now + timedelta(seconds=random.choice((0, 1, 3600, 86_400)))
    if draw < 0.6:  # whole hours meet others
        return now - timedelta(hours=random.randint(0, 24 * 35))
    return now - timedelta(microseconds=random.randint(0, 35 * 86_400 * 1_000_000))


def _properties(random: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("amount", "Seats", "plan"):
        if random.random() < 0.6:
            found[name] = random.choice(VALUES)
        if random.random() < 0.2:
            found[name] = round(random.uniform(-1e4, 1e4), random.randint(0, 9))
    return found


def random_events(
    random: Random, accounts: int, events: int, now: datetime = NOW
) -> Iterator[dict[str, Any]]:
    """Yield events of so many accounts: a few accounts have many."""
    for _ in range(events):
        number = int(accounts * random.random() ** 2)
        yield random_event(random, f"account-{number}", now)
