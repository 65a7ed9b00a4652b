"""When the label of an account could next change with nothing new known of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from segue.accounts.stored import StoredAccount, instant_of, known_traits
from segue.policies.language.tree import Literal, Now, walk
from segue.policies.pack import Pack

_MICRO = timedelta(microseconds=1)


def due_at(packs: Sequence[Pack], stored: StoredAccount, now: datetime) -> datetime | None:
    """Return an instant after `now` before which no label of the account can change by time alone.

    It may come too early, never too late: every pin that ends, every value that goes stale and every
    timestamp that a condition compares with now() counts, whether or not a label hangs on it. None
    where time alone changes nothing.
    """
    return min((each for each in _instants(packs, stored, now) if each > now), default=None)


def _instants(packs: Sequence[Pack], stored: StoredAccount, now: datetime) -> Iterator[datetime]:
    yield from (pin.expires_at for pin in stored.pins if pin.kind == "label")
    for pack in packs:
        for name, said in stored.traits.items():
            fresh_for = pack.traits[name].fresh_for if name in pack.blank else None
            if fresh_for is not None:
                for value, _, since in said.values():
                    if value is not None:
                        yield from _after(instant_of(since), fresh_for + _MICRO)
        offsets, literals = _compared_with_now(pack)
        if offsets:
            known = known_traits(stored.traits, pack, now).values.values()
            for value in (*literals, *known):
                if isinstance(value, datetime):
                    for offset in offsets:
                        yield from (*_after(value, -offset), *_after(value, _MICRO - offset))


def _after(instant: datetime, duration: timedelta) -> tuple[datetime, ...]:
    try:
        return (instant + duration,)
    except OverflowError:  # beyond the calendar: that never comes
        return ()


def _compared_with_now(pack: Pack) -> tuple[tuple[timedelta, ...], tuple[datetime, ...]]:
    """Return the offsets from now() and the timestamps that the conditions of a pack's labels write out."""
    found: tuple[tuple[timedelta, ...], tuple[datetime, ...]] | None = pack.kept.get("compared_with_now")
    if found is None:
        trees = [each.when.node for each in pack.segments if each.when is not None]
        nodes = [node for tree in (*trees, *pack.definitions.values()) for node in walk(tree)]
        offsets = {node.offset for node in nodes if isinstance(node, Now)}
        literals = {
            node.value for node in nodes if isinstance(node, Literal) and isinstance(node.value, datetime)
        }
        found = pack.kept["compared_with_now"] = tuple(offsets), tuple(literals)
    return found
