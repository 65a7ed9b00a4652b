"""The part of the audit's page about the data: what is known, how old it is, where sources disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from segue.evals.audit.charts import Part, bar, range_bar
from segue.evals.audit.model import Ages, Audit, TraitAudit, Use
from segue.evals.audit.page_parts import days, key, row
from segue.policies.models.common import format_duration
from segue.policies.pack import Pack


def coverage(audit: Audit) -> Iterator[str]:
    """Yield how much of each trait is known, by source."""
    yield "<h2>What is known</h2>"
    yield (
        f'<p class="soft small">{key("known", "known")}{key("assumed", "not stated, and absence means something")}'
        f"{key('stale', 'stated, too old to count')}{key('missing', 'unknown')}</p>"
    )
    decide = [each for each in audit.traits if each.use is Use.LABEL]
    yield from _coverage_of(decide)
    others = [each for each in audit.traits if each.use is not Use.LABEL]
    if others:
        yield f"<details><summary>{len(others)} traits on which no label depends</summary>"
        yield from _coverage_of(others)
        yield "</details>"


def _coverage_of(traits: Sequence[TraitAudit]) -> Iterator[str]:
    yield '<table class="bars"><tbody>'
    for each in sorted(traits, key=lambda one: -one.coverage):
        parts = (
            Part(each.known, "known", f"{each.known:,} known"),
            Part(each.assumed, "assumed", f"{each.assumed:,} taken from absence"),
            Part(each.stale, "stale", f"{each.stale:,} stale"),
            Part(each.missing, "missing", f"{each.missing:,} unknown"),
        )
        by = ", ".join(f"{one.source} {one.share:.0%}" for one in each.sources) or "no source states it"
        unread = ", which no condition reads" if each.use is Use.NOTHING else ""
        yield row(each.title, bar(parts, each.accounts), f"<b>{each.coverage:.0%}</b>", f"{by}{unread}")
    yield "</tbody></table>"


def ages(audit: Audit, pack: Pack) -> Iterator[str]:
    """Yield how old the values are, beside how long the pack believes them."""
    rows = [(each, one) for each in audit.traits for one in each.sources if each.use is not Use.NOTHING]
    dated = [(each, one) for each, one in rows if one.ages.dated]
    undated = sum(one.ages.undated for _, one in rows)
    yield "<h2>How old it is</h2>"
    if undated:
        total = sum(one.accounts for _, one in rows)
        yield (
            f"<p>{undated / total:.0%} of the values carry no date. Nobody can say how old they are, and they"
            " never go stale.</p>"
        )
    if dated:
        most = max(one.ages.p90 or 0 for _, one in dated)
        yield (
            f'<p class="soft small">{key("range", "from the median to the 90th percentile, in days")}'
            f"{key('mark', 'where the pack stops believing it')}</p>"
        )
        yield '<table class="bars"><tbody>'
        for each, one in dated:
            limit = pack.traits[each.name].fresh_for
            says = f"median {days(one.ages.median)}, 90% within {days(one.ages.p90)}"
            mark = None if limit is None else limit.total_seconds() / 86_400
            chart = range_bar(one.ages.median or 0, one.ages.p90 or 0, mark, most, says)
            old = f", {one.stale / one.accounts:.0%} stale" if one.stale else ""
            kept = "" if limit is None else f", believed for {format_duration(limit)}"
            yield row(each.title, chart, f"{days(one.ages.median)}{old}", f"{one.source}{kept}")
        yield "</tbody></table>"
    yield '<p class="small soft">The facts that decided the labels: ' + "; ".join(
        f"{escape(each.name)} {_spoken(each.deciding)}" for each in audit.segments if each.accounts
    ) + ".</p>"  # fmt: skip


def _spoken(ages: Ages) -> str:
    if not ages.dated:
        return "undated" if ages.undated else "by absence alone"
    total = ages.dated + ages.undated
    return f"median {days(ages.median)} ({ages.dated / total:.0%} dated)"


def disputes(audit: Audit) -> Iterator[str]:
    """Yield where sources, or rows that may be one account, say different things."""
    found = [each for each in audit.traits if each.disagreement.differing]
    if not found:
        return
    yield "<h2>Where sources disagree</h2><table class='bars'><tbody>"
    for each in sorted(found, key=lambda one: -one.disagreement.differing):
        said = each.disagreement
        parts = (
            Part(said.differing, "stale", f"{said.differing:,} differ"),
            Part(said.compared - said.differing, "known", f"{said.compared - said.differing:,} agree"),
        )
        examples = "; ".join(f"{one.account} ({' / '.join(one.said)})" for one in said.examples)
        numbers = f"<b>{said.differing:,}</b> of {said.compared:,}"
        yield row(each.title, bar(parts, said.compared), numbers, examples)
    yield "</tbody></table>"
