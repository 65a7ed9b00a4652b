"""`segue overrides`: which rules sellers overrode, how often, and with what reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from segue.agents.overrides import WRONG_BECAUSE, Answer
from segue.agents.overrides_report import RuleOverrides, overrides_since
from segue.api.cli.console import OUT, print_json, print_lines, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.cli.since import read_since
from segue.core.database import Database

_NAMED = 3


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(overrides)


def overrides(
    since: Annotated[
        str,
        typer.Option(help="monday, yesterday, 30d, 12h, 2026-11-20 or an instant; days begin at 00:00 UTC."),
    ] = "30d",
    pack: Annotated[str | None, typer.Option(help="Only this pack.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which rules sellers overrode by the buttons of their alerts, how often, and with what reasons."""
    now = datetime.now(UTC)
    start = read_since(since, now)

    async def ask(database: Database) -> list[RuleOverrides]:
        return await overrides_since(database, start, pack)

    found = with_database(ask)
    if as_json:
        print_json(
            {
                "since": start.isoformat(),
                "until": now.isoformat(),
                "rules": [each.to_json() for each in found],
            }
        )
        return
    show_overrides(found, start)


def show_overrides(found: list[RuleOverrides], since: datetime) -> None:
    """Print the rules, the most overridden first."""
    if not found:
        OUT.print(Text(f"Since {since:%a %d %b %Y %H:%M} UTC no alert was sent or answered.", "dim"))
        return
    OUT.print(Text(f"Since {since:%a %d %b %Y %H:%M} UTC, of alerts in Slack:", "dim"))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("rule", "overridden", "accepted", "not now", "no answer"):
        table.add_column(heading, overflow="fold", justify="left" if heading == "rule" else "right")
    for each in found:
        of = max(each.sent, each.answered)
        style = "bad" if each.overridden * 2 > of else "value" if each.overridden else "dim"
        table.add_row(
            Text.assemble((shown(each.rule), "label"), (f"  {shown(each.pack)}, {each.kind}", "dim")),
            Text(f"{each.overridden} of {of}", style), str(each.answers[Answer.ACCEPT]),
            str(each.answers[Answer.NOT_NOW]), str(max(0, of - each.answered)),
        )  # fmt: skip
    OUT.print(Padding(table, (0, 0, 0, 2)))
    for each in found:
        if each.overridden:
            _show_why(each)


def _show_why(rule: RuleOverrides) -> None:
    of = max(rule.sent, rule.answered)
    print_lines(
        Text.assemble("\n", (shown(rule.rule), "label"), f" was overridden {rule.overridden} of {of} times")
    )
    reasons = ", ".join(
        f"{count} “{shown(WRONG_BECAUSE.get(reason, reason))}”"
        for reason, count in rule.reasons.most_common()
    )
    print_lines(Text.assemble("  ", ("why    ", "dim"), reasons))
    for clauses, count in rule.clauses.most_common(_NAMED):
        words = shown(" and ".join(clauses) or "no clause was kept")
        print_lines(
            Text.assemble("  ", ("rule   ", "dim"), words, (f"  {count} of {rule.overridden}", "dim"))
        )
    revisions = ", ".join(
        f"{revision[:19]} {count}" for revision, count in rule.revisions.most_common(_NAMED)
    )
    print_lines(Text.assemble("  ", ("policy ", "dim"), (revisions, "dim")))
    for each in rule.last[:_NAMED]:
        note = f": {each['note']}" if each["note"] else ""
        who = each["name"] or each["domain"] or each["account"]
        print_lines(Text.assemble("  ", ("last   ", "dim"), shown(f"{who}, by {each['by']}{note}")))
