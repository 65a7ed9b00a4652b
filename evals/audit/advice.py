"""What to do first: sentences made of an audit's figures, the ones that move most labels first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
    for each in traits:
        if each.change.expected is None and each.change.could >= _FEW * accounts:
            yield Advice(
                f"Start collecting “{each.title}”: no account has it",
                f"By itself it could change {_of(each.change.could, accounts)} labels; how many it would"
                " change cannot be said before some accounts have it.",
            )


def _complete(traits: Sequence[TraitAudit], accounts: int) -> Iterator[Advice]:
    for each in traits:
        expected = each.change.expected
        if expected is not None and expected >= _FEW * accounts:
            into = next(iter(each.change.leads_to), None)
            yield Advice(
                f"Complete “{each.title}”",
                f"It is unknown of {_of(each.missing + each.stale, accounts)} accounts. Going by the"
                f" {each.change.by:,} that have it, knowing it would change about {expected:,.0f} labels"
                + (f", most of them to {into}." if into else "."),
            )


def _together(order: Sequence[Filled], titles: Mapping[str, str], accounts: int) -> Iterator[Advice]:
    total = order[-1].changed if order else 0.0
    if total < _FEW * accounts:
        return
    enough = next(number for number, each in enumerate(order, 1) if each.changed >= 0.9 * total)
    if 1 < enough < len(order):
        names = ", ".join(f"“{titles[each.trait]}”" for each in order[:enough])
        yield Advice(
            f"Fill the gaps together, in this order: {names}",
            f"Together they would change about {order[enough - 1].changed:,.0f} labels, of the {total:,.0f} that"
            f" completing all {len(order)} traits would.",
        )


def _confirm(traits: Sequence[TraitAudit], accounts: int) -> Iterator[Advice]:
    for each in sorted(traits, key=lambda each: -each.change.if_confirmed):
        if each.change.if_confirmed >= _FEW * accounts:
            yield Advice(
                f"Have “{each.title}” confirmed by a better source",
                f"{each.doubted:,} values are believed less than a segment needs; believed as they stand they"
                f" would change {each.change.if_confirmed:,} labels.",
            )


def _refresh(pack: Pack, traits: Sequence[TraitAudit]) -> Iterator[Advice]:
    for each in traits:
        stated = sum(source.accounts for source in each.sources)
        fresh_for = pack.traits[each.name].fresh_for
        if each.use is Use.NOTHING or fresh_for is None or not stated:
            continue
        stale = sum(source.stale for source in each.sources)
        undated = sum(source.ages.undated for source in each.sources)
        if stale >= _NOTABLE * stated:
            yield Advice(
                f"Refresh “{each.title}”",
                f"{_of(stale, stated)} values are older than the {format_duration(fresh_for)} for which the pack"
                " takes them for true, and no longer count.",
            )
        if undated >= _NOTABLE * stated:
            yield Advice(
                f"Say when “{each.title}” was last checked",
                f"{_of(undated, stated)} values carry no date, so that none of them ever goes stale, though the"
                f" pack wants them no older than {format_duration(fresh_for)}.",
            )


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
    for each in small:
        verdict = next(v for v in each.verdicts if v.test is Test.SUBSTANTIAL)
        more = each.possible - each.accounts
        hope = f" Up to {more:,} more may belong to it once more is known." if more else ""
        yield Advice(f"Think again about the segment {each.name}", f"It has {verdict.why}.{hope}")


def _of(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}"
