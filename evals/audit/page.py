"""An audit as one HTML page that needs nothing else: no script, no font, no address is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from string import Template

from segue.evals.audit.charts import Part, bar, layered_bar, range_bar
from segue.evals.audit.model import Ages, Audit, Filled, SegmentAudit, Test, TraitAudit, Use
from segue.policies.models.common import format_duration
from segue.policies.pack import Pack

_MEANING = {
    Test.MEASURABLE: "of the accounts that may belong to it, at least half are known to",
    Test.SUBSTANTIAL: "it has at least as many accounts as a segment needs",
    Test.ACCESSIBLE: "at least 80% of its accounts have a domain or a known contact, so that they can be reached",
    Test.ACTIONABLE: "for at least 80% of its accounts the gate permits a play that the segment offers",
    Test.DISTINCT: "no other segment gives the same for more than half of what it does",
}
"""The five tests as the page and the documentation define them."""


def audit_page(audit: Audit, pack: Pack) -> str:
    """Return the page of one audit."""
    template = resources.files("segue.evals").joinpath("templates/audit.html").read_text(encoding="utf-8")
    body = "\n".join(_body(audit, pack))
    return Template(template).substitute(title=escape(f"Data audit: {audit.title}"), body=body)


def _body(audit: Audit, pack: Pack) -> Iterator[str]:
    yield f"<h1>Is the data fit to segment on?</h1><p class='lead'>{escape(audit.title)}</p>"
    rows = "row" if audit.passed_over == 1 else "rows"
    passed = f", of which {audit.passed_over:,} further {rows} may be one" if audit.passed_over else ""
    yield (
        f'<p class="soft small">{audit.accounts:,} accounts of {escape(audit.origin)}{passed}. Pack <code>'
        f"{escape(audit.pack)}</code>, revision <code>{escape(audit.revision[:19])}</code>, as of"
        f" {audit.at:%d %B %Y, %H:%M} UTC.</p>"
    )
    if not audit.accounts:
        yield "<p>There are no accounts to look at.</p>"
        return
    yield from _tiles(audit)
    yield from _advice(audit)
    yield from _changes(audit)
    yield from _order(audit)
    yield from _segments(audit)
    yield from _coverage(audit)
    yield from _ages(audit, pack)
    yield from _disputes(audit)
    yield from _meaning(audit)


def _tiles(audit: Audit) -> Iterator[str]:
    label = [each for each in audit.traits if each.use is Use.LABEL]
    asked = sum(each.accounts - each.assumed for each in label)
    known = sum(each.known for each in label)
    total = audit.order[-1].changed if audit.order else 0.0
    failing = sum(bool(each.failed) for each in audit.segments)
    nobody = sum(each.change.expected is None for each in label)
    more = f", leaving out {nobody} that no account has" if nobody else ""
    yield '<div class="tiles">'
    yield _tile(f"{audit.settled / audit.accounts:.0%}", f"of {audit.accounts:,} labels are settled")
    yield _tile(f"{known / asked:.0%}" if asked else "100%", "of the facts that decide labels are known")
    yield _tile(f"{total:,.0f}", f"labels would change if all traits were known{more}")
    yield _tile(f"{failing} of {len(audit.segments)}", "segments fail at least one of five tests")
    yield "</div>"


def _tile(value: str, label: str) -> str:
    return f'<div class="tile"><b>{escape(value)}</b><span class="small">{escape(label)}</span></div>'


def _advice(audit: Audit) -> Iterator[str]:
    if not audit.advice:
        yield "<h2>What to do first</h2><p>Nothing: no gap moves one label in a hundred.</p>"
        return
    yield '<h2>What to do first</h2><ol class="advice">'
    for each in audit.advice:
        yield f"<li><b>{escape(each.what)}</b><br><span class='soft'>{escape(each.why)}</span></li>"
    yield "</ol>"


def _changes(audit: Audit) -> Iterator[str]:
    shown = [each for each in audit.traits if each.use is Use.LABEL and each.change.could]
    if not shown:
        return
    most = max(each.change.could for each in shown)
    yield "<h2>Labels that would change if one fact were known of every account</h2>"
    yield (
        '<p class="soft small">Each trait by itself, everything else left as it is. '
        f"{_key('expect', 'expected, going by the accounts that have it')}"
        f"{_key('could', 'could change under some value')}</p>"
    )
    yield '<table class="bars"><tbody>'
    for each in shown:
        expected = each.change.expected
        least = "" if each.change.proven else "at least "
        says = "no account has it" if expected is None else f"{expected:,.0f} expected"
        parts = (
            Part(each.change.could, "could", f"{least}{each.change.could:,} could"),
            Part(expected or 0, "expect", says),
        )
        yield _row(
            each.title, layered_bar(parts, most), f"<b>{says}</b><br>{least}{each.change.could:,} could"
        )
    yield "</tbody></table>"


def _order(audit: Audit) -> Iterator[str]:
    order: list[Filled] = []
    for each in audit.order:
        if each.changed > (order[-1].changed if order else 0.0):
            order.append(each)
    if len(order) < 2:
        return
    titles = {each.name: each.title for each in audit.traits}
    total, before = order[-1].changed, 0.0
    yield "<h2>Which gaps to fill, in which order</h2>"
    yield (
        '<p class="soft small">A label often hangs on two unknown facts at once, so filling gaps together'
        " changes more than each alone: labels changed so far, of those that filling all of them would.</p>"
    )
    yield '<table class="bars"><tbody>'
    for number, each in enumerate(order, 1):
        parts = (
            Part(before, "done", f"{before:,.0f} before"),
            Part(each.changed - before, "expect", f"{each.changed - before:,.0f} more"),
        )
        share = f"<b>{each.changed:,.0f}</b><br>{each.changed / total:.0%}"
        yield _row(f"{number}. {titles[each.trait]}", bar(parts, total), share)
        before = each.changed
    yield "</tbody></table>"


def _segments(audit: Audit) -> Iterator[str]:
    most = max((max(each.possible, each.accounts) for each in audit.segments), default=0)
    yield "<h2>The segments</h2>"
    yield (
        f'<p class="soft small">{_key("settled", "accounts known to belong")}'
        f"{_key('open', 'belong for now, label not settled')}{_key('may', 'may belong once more is known')}</p>"
    )
    yield '<table class="bars segments"><thead><tr><th>Segment</th><th></th><th class="number">Accounts</th>'
    yield "".join(f'<th class="mark" title="{escape(why)}">{test}</th>' for test, why in _MEANING.items())
    yield "</tr></thead><tbody>"
    for each in audit.segments:
        more = max(each.possible - each.accounts, 0)
        parts = (
            Part(each.settled, "settled", f"{each.settled:,} settled"),
            Part(each.provisional, "open", f"{each.provisional:,} not settled"),
            Part(more, "may", f"{more:,} more may belong"),
        )
        flag = ' <span class="flag">small</span>' if Test.SUBSTANTIAL in each.failed else ""
        yield (
            f"<tr><th scope='row'>{escape(each.name)}{flag}<br><span class='soft small'>{escape(each.title)}</span>"
            f'</th><td class="chart">{bar(parts, most)}</td><td class="number"><b>{each.accounts:,}</b><br>'
            f"<span class='soft'>{each.share:.0%}</span></td>{''.join(_marks(each))}</tr>"
        )
    yield "</tbody></table>"
    yield from _failures(audit.segments)


def _marks(segment: SegmentAudit) -> Iterator[str]:
    signs = {True: ("good", "✓", "yes"), False: ("bad", "✗", "no"), None: ("soft", "–", "cannot be told")}
    for each in segment.verdicts:
        tone, sign, word = signs[each.passed]
        says = escape(f"{each.test}: {word}, {each.why}")
        shown = f'<span class="{tone}" role="img" aria-label="{says}" title="{says}">{sign}</span>'
        yield f'<td class="mark" data-head="{each.test}">{shown}</td>'


def _failures(segments: Sequence[SegmentAudit]) -> Iterator[str]:
    yield "<details open><summary>Which fail what, and why</summary><ul class='small'>"
    for each in segments:
        for verdict in each.verdicts:
            if verdict.passed is False:
                yield f"<li><b>{escape(each.name)}</b> is not {verdict.test}: {escape(verdict.why)}</li>"
    yield "</ul></details>"


def _coverage(audit: Audit) -> Iterator[str]:
    yield "<h2>What is known</h2>"
    yield (
        f'<p class="soft small">{_key("known", "known")}{_key("assumed", "not stated, and absence means something")}'
        f"{_key('stale', 'stated, too old to count')}{_key('missing', 'unknown')}</p>"
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
        yield _row(each.title, bar(parts, each.accounts), f"<b>{each.coverage:.0%}</b>", f"{by}{unread}")
    yield "</tbody></table>"


def _ages(audit: Audit, pack: Pack) -> Iterator[str]:
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
            f'<p class="soft small">{_key("range", "from the median to the 90th percentile, in days")}'
            f"{_key('mark', 'where the pack stops believing it')}</p>"
        )
        yield '<table class="bars"><tbody>'
        for each, one in dated:
            limit = pack.traits[each.name].fresh_for
            says = f"median {_days(one.ages.median)}, 90% within {_days(one.ages.p90)}"
            mark = None if limit is None else limit.total_seconds() / 86_400
            chart = range_bar(one.ages.median or 0, one.ages.p90 or 0, mark, most, says)
            old = f", {one.stale / one.accounts:.0%} stale" if one.stale else ""
            kept = "" if limit is None else f", believed for {format_duration(limit)}"
            yield _row(each.title, chart, f"{_days(one.ages.median)}{old}", f"{one.source}{kept}")
        yield "</tbody></table>"
    yield '<p class="small soft">The facts that decided the labels: ' + "; ".join(
        f"{escape(each.name)} {_spoken(each.deciding)}" for each in audit.segments if each.accounts
    ) + ".</p>"  # fmt: skip


def _spoken(ages: Ages) -> str:
    if not ages.dated:
        return "undated" if ages.undated else "by absence alone"
    total = ages.dated + ages.undated
    return f"median {_days(ages.median)} ({ages.dated / total:.0%} dated)"


def _days(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value / 365:.1f} years" if value >= 730 else f"{value:,.0f} days"


def _disputes(audit: Audit) -> Iterator[str]:
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
        yield _row(each.title, bar(parts, said.compared), numbers, examples)
    yield "</tbody></table>"


def _meaning(audit: Audit) -> Iterator[str]:
    yield "<details><summary>How these figures are worked out</summary><ul class='small'>"
    yield (
        "<li><b>Could change</b>: for each account of which the fact is unknown or stale, every label that some"
        " value of it leads to is tried; the values at which the policies change their answer are enough for"
        " that. Counted are the accounts with a label among them that is not today's.</li>"
    )
    yield (
        "<li><b>Expected</b>: the same, each label weighted by how often its values occur among the accounts"
        " that have the fact. That takes accounts without it for like those with it.</li>"
    )
    for test, why in _MEANING.items():
        extra = f" ({audit.least:,})" if test is Test.SUBSTANTIAL else ""
        yield f"<li><b>{test.capitalize()}</b>: {escape(why)}{extra}.</li>"
    yield "</ul></details>"


def _key(tone: str, text: str) -> str:
    swatch = (
        f'<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="{tone}"/></svg>'
    )
    return f'<span class="key">{swatch} {escape(text)}</span>'


def _row(head: str, chart: str, numbers: str, note: str = "") -> str:
    """Return one row of a chart; `numbers` is HTML, everything else is text."""
    under = f"<br><span class='soft small'>{escape(note)}</span>" if note else ""
    return (
        f"<tr><th scope='row'>{escape(head)}{under}</th><td class='chart'>{chart}</td>"
        f"<td class='number'>{numbers}</td></tr>"
    )
