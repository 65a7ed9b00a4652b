"""What a person should know of how an imported account was found: one of several rows, facts out of date."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from segue.accounts.known import Contradiction, Known, Pick, Stated
from segue.api.cli.show_label import value_text
from segue.core.counted import counted

_SHOWN = 5
"""How many contradictions, how many values of one and how many rows of a value are written out."""


def notes_on(known: Known, stated: Collection[str]) -> Iterator[str]:
    """Yield the notes on an account, one a line; the traits `stated` by hand are settled, whatever rows say."""
    if known.pick is not None:
        yield from _pick_notes(known.pick, stated)
    if known.stale:
        of = counted(len(known.stale), "fact")
        yield f"{of} older than the pack allows, so unknown: {', '.join(known.stale)}"


def _pick_notes(pick: Pick, stated: Collection[str]) -> Iterator[str]:
    others = f"{_rows(pick.others)} may be the same account"
    if pick.preferred is None:
        yield f"row {pick.row} was picked by the tie-break; {others}"
    else:
        yield f"row {pick.row} was asked for by its id, the tie-break would pick row {pick.preferred}; {others}"
    contradictions = [each for each in pick.contradictions if each.trait not in stated]
    for each in contradictions[:_SHOWN]:
        yield f"duplicates contradict each other on {each.trait}: {_outcome(each)}"
    if rest := contradictions[_SHOWN:]:
        names = ", ".join(each.trait for each in rest)
        yield f"duplicates contradict each other on {counted(len(rest), 'more trait')}: {names}"


def _outcome(found: Contradiction) -> str:
    others = [_stated(each) for each in found.others[:_SHOWN]]
    if len(found.others) > _SHOWN:
        others.append(counted(len(found.others) - _SHOWN, "more value"))
    if found.taken is None:
        return f"{_listed(others)}; the row taken states none, so it is unknown"
    return f"{_stated(found.taken)} was taken over {_listed(others)}"


def _stated(found: Stated) -> str:
    return f"“{value_text(found.value)}” of {_rows(found.rows)}"


def _rows(rows: Sequence[int]) -> str:
    listed = [f"{row}" for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        listed.append(f"{len(rows) - _SHOWN:,} more")
    return f"{'row' if len(rows) == 1 else 'rows'} {_listed(listed)}"


def _listed(parts: Sequence[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last
