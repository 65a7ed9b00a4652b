"""An audit on a terminal."""

from __future__ import annotations

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from segue.api.cli.console import OUT, shown
from segue.core.counted import counted
from segue.evals.audit.model import Ages, Audit, TraitAudit, Use


def print_audit(audit: Audit) -> None:
    """Print what to do first, then the traits by what they would change, then the segments."""
    OUT.print(Text(shown(audit.title), "name"))
    passed = f" ({counted(audit.passed_over, 'more row')} may be one of them)" if audit.passed_over else ""
    origin = f"{counted(audit.accounts, 'account')} of {shown(audit.origin)}{passed}"
    OUT.print(Text(f"{origin}, as of {audit.at:%Y-%m-%d %H:%M} UTC", "dim"))
    if not audit.accounts:
        return
    changed = audit.order[-1].changed if audit.order else 0.0
    OUT.print(
        f"Settled: {counted(audit.settled, 'label')}; provisional: {audit.provisional:,}. With every trait known"
        f" that some account has, about {changed:,.0f} would change."
    )
    OUT.print()
    for number, each in enumerate(audit.advice, 1):
        OUT.print(Text.assemble((f"{number}. ", "dim"), (shown(each.what), "name")))
        OUT.print(Padding(Text(shown(each.why)), (0, 0, 0, 3)))
    OUT.print()
    OUT.print(_traits(audit))
    others = [each.name for each in audit.traits if each.use is not Use.LABEL]
    if others:
        OUT.print(Text(f"No label depends on {', '.join(others)}.", "dim"))
    OUT.print()
    OUT.print(_segments(audit))
    _print_failures(audit)


def _traits(audit: Audit) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("trait", no_wrap=True)
    for heading in ("known", "stale", "oldest tenth", "differ", "could change", "would change"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in audit.traits:
        if each.use is not Use.LABEL:
            continue
        table.add_row(
            Text(each.name, "label"), f"{each.coverage:.0%}", f"{each.stale / each.accounts:.0%}" if each.stale else "",
            _age(each), f"{each.disagreement.differing:,}" if each.disagreement.differing else "",
            f"{'' if each.change.proven else '≥ '}{each.change.could:,}" if each.change.could else "",
            _would(each),
        )  # fmt: skip
    return table


def _age(trait: TraitAudit) -> str:
    dated = [one.ages for one in trait.sources if one.ages.dated]
    if not dated:
        return "undated" if trait.sources else ""
    return _days(max(one.p90 or 0 for one in dated))


def _would(trait: TraitAudit) -> Text:
    if trait.change.expected is None:
        return Text("nobody has it", "warn")
    return Text(f"{trait.change.expected:,.0f}" if trait.change.could else "")


def _segments(audit: Audit) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("segment", no_wrap=True)
    for heading in ("accounts", "share", "settled", "may belong", "facts' age"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("fails")
    for each in audit.segments:
        table.add_row(
            Text(each.name, "label"), f"{each.accounts:,}", f"{each.share:.0%}", f"{each.settled:,}",
            f"{each.possible:,}", _spoken(each.deciding), Text(", ".join(each.failed), "warn"),
        )  # fmt: skip
    return table


def _print_failures(audit: Audit) -> None:
    for each in audit.segments:
        for verdict in each.verdicts:
            if verdict.passed is False:
                OUT.print(Text(f"{each.name} is not {verdict.test}: {verdict.why}", "dim"))


def _spoken(ages: Ages) -> str:
    return ("undated" if ages.undated else "") if ages.median is None else _days(ages.median)


def _days(value: float) -> str:
    return f"{value / 365:.1f} years" if value >= 730 else f"{value:,.0f} days"
