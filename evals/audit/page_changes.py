"""The part of the audit's page that says what gaps cost: labels that would change, and in which order to fill."""

from __future__ import annotations

from collections.abc import Iterator

from segue.evals.audit.charts import Part, bar, layered_bar
from segue.evals.audit.model import Audit, Filled, Use
from segue.evals.audit.page_parts import key, row


def changes(audit: Audit) -> Iterator[str]:
    """Yield the labels that would change if one fact were known of every account."""
    shown = [each for each in audit.traits if each.use is Use.LABEL and each.change.could]
    if not shown:
        return
    most = max(each.change.could for each in shown)
    yield "<h2>Labels that would change if one fact were known of every account</h2>"
    yield (
        '<p class="soft small">Each trait by itself, everything else left as it is. '
        f"{key('expect', 'expected, going by the accounts that have it')}"
        f"{key('could', 'could change under some value')}</p>"
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
        yield row(
            each.title, layered_bar(parts, most), f"<b>{says}</b><br>{least}{each.change.could:,} could"
        )
    yield "</tbody></table>"


def order_of_filling(audit: Audit) -> Iterator[str]:
    """Yield which gaps to fill, in which order."""
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
        yield row(f"{number}. {titles[each.trait]}", bar(parts, total), share)
        before = each.changed
    yield "</tbody></table>"
