"""An audit as one HTML page that needs nothing else: no script, no font, no address is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from segue.evals.audit.model import Audit, Use
from segue.evals.audit.page_changes import changes, order_of_filling
from segue.evals.audit.page_data import ages, coverage, disputes
from segue.evals.audit.page_segments import meaning, segments
from segue.evals.page_frame import framed, tile
from segue.policies.pack import Pack


def audit_page(audit: Audit, pack: Pack) -> str:
    """Return the page of one audit."""
    return framed(f"Data audit: {audit.title}", "audit", "\n".join(_body(audit, pack)))


def _body(audit: Audit, pack: Pack) -> Iterator[str]:
    yield f"<h1>Is the data fit to segment on?</h1><p class='lead'>{escape(audit.title)}</p>"
    rows = "row" if audit.passed_over == 1 else "rows"
    passed = f" ({audit.passed_over:,} more {rows} may be one of them)" if audit.passed_over else ""
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
    yield from changes(audit)
    yield from order_of_filling(audit)
    yield from segments(audit)
    yield from coverage(audit)
    yield from ages(audit, pack)
    yield from disputes(audit)
    yield from meaning(audit)


def _tiles(audit: Audit) -> Iterator[str]:
    label = [each for each in audit.traits if each.use is Use.LABEL]
    asked = sum(each.accounts - each.assumed for each in label)
    known = sum(each.known for each in label)
    total = audit.order[-1].changed if audit.order else 0.0
    failing = sum(bool(each.failed) for each in audit.segments)
    nobody = sum(each.change.expected is None for each in label)
    more = f", leaving out {nobody} that no account has" if nobody else ""
    yield '<div class="tiles">'
    yield tile(f"{audit.settled / audit.accounts:.0%}", f"of {audit.accounts:,} labels are settled")
    yield tile(f"{known / asked:.0%}" if asked else "100%", "of the facts that decide labels are known")
    yield tile(f"{total:,.0f}", f"labels would change if all traits were known{more}")
    yield tile(f"{failing} of {len(audit.segments)}", "segments fail at least one of five tests")
    yield "</div>"


def _advice(audit: Audit) -> Iterator[str]:
    if not audit.advice:
        yield "<h2>What to do first</h2><p>Nothing: no gap moves one label in a hundred.</p>"
        return
    yield '<h2>What to do first</h2><ol class="advice">'
    for each in audit.advice:
        yield f"<li><b>{escape(each.what)}</b><br><span class='soft'>{escape(each.why)}</span></li>"
    yield "</ol>"
