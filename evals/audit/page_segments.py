"""The part of the audit's page about segments: their sizes, and which of the five tests they fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from segue.evals.audit.charts import Part, bar
from segue.evals.audit.model import Audit, SegmentAudit, Test
from segue.evals.audit.page_parts import key

MEANING = {
    Test.MEASURABLE: "of the accounts that may belong to it, at least half are known to",
    Test.SUBSTANTIAL: "it has at least as many accounts as a segment needs",
    Test.ACCESSIBLE: "at least 80% of its accounts have a domain or a known contact, so that they can be reached",
    Test.ACTIONABLE: "for at least 80% of its accounts the gate permits a play that the segment offers",
    Test.DISTINCT: "no other segment gives the same for more than half of what it does",
}
"""The five tests as the page and the documentation define them."""


def segments(audit: Audit) -> Iterator[str]:
    """Yield the segments with their tests."""
    most = max((max(each.possible, each.accounts) for each in audit.segments), default=0)
    yield "<h2>The segments</h2>"
    yield (
        f'<p class="soft small">{key("settled", "accounts known to belong")}'
        f"{key('open', 'belong for now, label not settled')}{key('may', 'may belong once more is known')}</p>"
    )
    yield '<table class="bars segments"><thead><tr><th>Segment</th><th></th><th class="number">Accounts</th>'
    yield "".join(f'<th class="mark" title="{escape(why)}">{test}</th>' for test, why in MEANING.items())
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


def meaning(audit: Audit) -> Iterator[str]:
    """Yield how the figures of the page are worked out."""
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
    for test, why in MEANING.items():
        extra = f" ({audit.least:,})" if test is Test.SUBSTANTIAL else ""
        yield f"<li><b>{test.capitalize()}</b>: {escape(why)}{extra}.</li>"
    yield "</ul></details>"
