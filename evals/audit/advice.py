"""What to do first: sentences made of an audit's figures, the ones that move most labels first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from segue.core.counted import counted
from segue.evals.audit.model import Advice, Filled, SegmentAudit, Test, TraitAudit, Use
from segue.policies.models.common import format_duration
from segue.policies.pack import Pack

_FEW = 0.01
"""The share of labels below which a gap is not worth a sentence."""
_NOTABLE = 0.1
"""The share of values from which on being stale or disputed is worth a sentence."""
_LEAST_COMPARED = 10


def advice_on(
    pack: Pack, traits: Sequence[TraitAudit], order: Sequence[Filled], segments: Sequence[SegmentAudit]
) -> tuple[Advice, ...]:
    """Return what to do, each with the figures that it rests on."""
    accounts = traits[0].accounts if traits else 0
    if not accounts:
        return ()
    titles = {each.name: each.title for each in traits}
    return (
        *_collect(traits, accounts),
        *_complete(traits, accounts),
        *_together(order, titles, accounts),
        *_confirm(traits, accounts),
        *_refresh(pack, traits),
        *_settle(traits),
        *_resize(segments),
    )


def _collect(traits: Sequence[TraitAudit], accounts: int) -> Iterator[Advice]:
    found = [t for t in traits if t.change.expected is None and t.change.could >= _FEW * accounts]
    if found:
        could = ", ".join(f"{_of(each.change.could, accounts)} by “{each.title}”" for each in found)
        yield Advice(
            f"Start collecting {_listed(found)}: no account has {'it' if len(found) == 1 else 'them'}",
            f"Labels that could change: {could}. How many would cannot be said before some accounts have it.",
        )


def _complete(traits: Sequence[TraitAudit], accounts: int) -> Iterator[Advice]:
    for each in traits:
        expected = each.change.expected
        if expected is not None and expected >= _FEW * accounts:
            into, arrivals = next(iter(each.change.leads_to.items()))
            part = "most of them" if arrivals > expected / 2 else "the largest part"
            part = part if round(expected) > 1 else "most likely"
            yield Advice(
                f"Complete “{each.title}”",
                f"It is unknown of {_of(each.missing + each.stale, accounts)} accounts. Going by the"
                f" {each.change.by:,} that have it, knowing it would change {_about(expected)}"
                f", {part} to {into}.{_beginning(each)}",
            )


def _about(labels: float) -> str:
    return f"about {counted(round(labels), 'label')}" if round(labels) else "less than one label"


def _beginning(trait: TraitAudit) -> str:
    change = trait.change
    if change.begin_for is None or change.begin_for == next(iter(change.leads_to)):
        return ""
    *others, last = (f"“{name}”" for name in change.begin_with)
    names = f"{', '.join(others)} and {last}" if others else last
    arrivals = change.leads_to[change.begin_for]
    return (
        f" About {arrivals:,.0f} of them would be {change.begin_for}: begin with {names}."
        if arrivals >= 1
        else f" Begin with {names}, which could be {change.begin_for}."
    )


def _together(order: Sequence[Filled], titles: Mapping[str, str], accounts: int) -> Iterator[Advice]:
    total = order[-1].changed if order else 0.0
    if total < _FEW * accounts:
        return
    enough = next(number for number, each in enumerate(order, 1) if each.changed >= 0.9 * total)
    if 1 < enough < len(order):
        names = ", ".join(f"“{titles[each.trait]}”" for each in order[:enough])
        changed = counted(round(order[enough - 1].changed), "label")
        yield Advice(
            f"Fill the gaps together, in this order: {names}",
            f"Together they would change about {changed}, of the {total:,.0f} that completing all {len(order)}"
            " traits would.",
        )


def _confirm(traits: Sequence[TraitAudit], accounts: int) -> Iterator[Advice]:
    for each in sorted(traits, key=lambda each: -each.change.if_confirmed):
        if each.change.if_confirmed >= _FEW * accounts:
            yield Advice(
                f"Have “{each.title}” confirmed by a better source",
                f"{each.doubted:,} values are believed less than a segment needs; believed as they stand they"
                f" would change {counted(each.change.if_confirmed, 'label')}.",
            )


def _refresh(pack: Pack, traits: Sequence[TraitAudit]) -> Iterator[Advice]:
    kept = [t for t in traits if t.sources and t.use is not Use.NOTHING and pack.traits[t.name].fresh_for]
    for each in kept:
        stated, stale = (sum(getattr(one, what) for one in each.sources) for what in ("accounts", "stale"))
        if stale >= _NOTABLE * stated:
            yield Advice(
                f"Refresh “{each.title}”",
                f"{_of(stale, stated)} values are older than the {_limit(pack, each)} for which the pack takes"
                " them for true, and no longer count.",
            )
    undated = [t for t in kept if _undated(t) >= _NOTABLE * sum(one.accounts for one in t.sources)]
    if undated:
        shown = "; ".join(
            f"“{each.title}”: {_undated(each):,} values without a date, to be believed for {_limit(pack, each)}"
            for each in undated
        )
        yield Advice(
            f"Say when {_listed(undated)} {'was' if len(undated) == 1 else 'were'} last checked",
            f"A value without a date never goes stale. {shown}.",
        )


def _undated(trait: TraitAudit) -> int:
    return sum(one.ages.undated for one in trait.sources)


def _limit(pack: Pack, trait: TraitAudit) -> str:
    limit = pack.traits[trait.name].fresh_for
    assert limit is not None
    return f"{limit.days:,} days" if limit.days > 1 else format_duration(limit)


def _settle(traits: Sequence[TraitAudit]) -> Iterator[Advice]:
    for each in traits:
        found = each.disagreement
        if (
            each.use is not Use.NOTHING
            and found.compared >= _LEAST_COMPARED
            and found.differing >= _NOTABLE * found.compared
        ):
            yield Advice(
                f"Find out who is right about “{each.title}”",
                f"Of {found.compared:,} accounts of which two sources or rows state it,"
                f" {found.differing:,} are told different things.",
            )


def _resize(segments: Sequence[SegmentAudit]) -> Iterator[Advice]:
    small = [each for each in segments if Test.SUBSTANTIAL in each.failed]
    for wanted, what in ((True, "Wait, before you plan for"), (False, "Think again about")):
        found = [each for each in small if (each.possible > each.accounts) is wanted]
        if found:
            sizes = "; ".join(_size(each) for each in found)
            yield Advice(
                f"{what} {', '.join(each.name for each in found)}", f"Too small to plan by: {sizes}."
            )


def _size(segment: SegmentAudit) -> str:
    more = segment.possible - segment.accounts
    hope = f"up to {more:,} more once more is known" if more > 0 else "and no other account can be in it"
    return f"{segment.name} has {segment.accounts:,}, {hope}"


def _listed(traits: Sequence[TraitAudit]) -> str:
    titles = [f"“{each.title}”" for each in traits]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)


def _of(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}"
