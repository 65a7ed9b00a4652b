"""`segue moved`: who moved since an instant, why, what that set off and what failed to happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from segue.accounts.consequences import WhyNot
from segue.accounts.label_changes import Cause
from segue.agents.moved import Moved, MovedGroup, PlayTally, moved_since
from segue.api.cli.console import OUT, print_json, print_lines, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.cli.since import read_since
from segue.core.counted import counted
from segue.core.database import Database

_WORDS = {
    "done": ("done", "good"),
    "doing": ("under way", "value"),
    "waiting": ("waiting", "value"),
    "excluded": ("excluded", "dim"),
    "cancelled": ("cancelled", "dim"),
    "parked": ("FAILED", "bad"),
}
_REASON_WORDS: dict[str, str] = {
    WhyNot.LABEL_CHANGED: "the label changed first",
    WhyNot.REENTERED_TOO_SOON: "back too soon after the last time",
    WhyNot.STILL_IN_EFFECT: "still in effect from before",
    WhyNot.NEVER_IN_EFFECT: "nothing to take back",
    WhyNot.MERGED: "merged into another account",
    WhyNot.PACK_REMOVED: "the pack is not live any more",
    WhyNot.IN_EFFECT_AGAIN: "wanted again where the account is now",
}
_CAUSE_WORDS: dict[str, str] = {
    Cause.POLICY: "policy or first event",  # either labels every account again
}
_NAMED = 5
_REASONS = 3
_FAILED = 20


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(moved)


def moved(
    since: Annotated[
        str,
        typer.Option(help="monday, yesterday, 3d, 12h, 2026-11-20 or an instant; days begin at 00:00 UTC."),
    ] = "monday",
    pack: Annotated[str | None, typer.Option(help="Only this pack.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say who moved, from where to where and why, what fired, what was excluded, and what failed to fire."""
    now = datetime.now(UTC)
    start = read_since(since, now)

    async def ask(database: Database) -> Moved:
        return await moved_since(database, start, now, pack)

    found = with_database(ask)
    if as_json:
        print_json(found.to_json())
        return
    show_moved(found)


def show_moved(found: Moved) -> None:
    """Print who moved: what failed first, then the groups, then what did not move."""
    share = f"{counted(found.moved, 'account')} of {found.accounts:,} moved"
    back = f", {found.returned:,} of them back to where they were" if found.returned else ""
    OUT.print(Text.assemble((f"Since {found.since:%a %d %b %Y %H:%M} UTC: ", "dim"), (share, "bold"), back))
    if found.statuses:
        OUT.print(Text("Set off: ", "dim") + _statuses(found.statuses))
    if found.failures:
        _show_failures(found)
    pack = None
    for group in found.ordered():
        if group.pack != pack:
            pack = group.pack
            OUT.print(Text(f"\n{pack}", "bold"))
        _show_group(group)
    _show_rest(found)


def _show_failures(found: Moved) -> None:
    OUT.print(Text(f"\nFailed to fire: {found.failures:,}", "bad"))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("due", "account", "play", "tries", "what went wrong"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("due", "tries"))
    for each in found.failed[:_FAILED]:
        late = "nothing has carried it out yet: is a worker running?"
        wrong = late if each["status"] == "late" else each["reason"] or "no error was kept"
        table.add_row(
            _day(each["due_at"]), _who(each), f"{shown(each['play'])} ({_moment(each['moment'], each['segment'])})",
            str(each["attempts"]), Text(shown(wrong), "bad"),
        )  # fmt: skip
    OUT.print(Padding(table, (0, 0, 0, 2)))
    if found.failures > _FAILED:
        OUT.print(Text(f"  and {found.failures - _FAILED:,} more; --json lists them", "dim"))


def _show_group(group: MovedGroup) -> None:
    several = len(group.causes) > 1
    named = [(_CAUSE_WORDS.get(name, name), count) for name, count in group.causes.most_common()]
    causes = ", ".join(f"{name} {count:,}" if several else name for name, count in named)
    print_lines(
        Text.assemble(
            "  ", (shown(group.before), "label"), " → ", (shown(group.after), "label"),
            (f"  {counted(group.moves, 'move')}", "bold"), (f"  by {causes}", "dim"),
        )
    )  # fmt: skip
    for words, count in group.reasons.most_common(_REASONS):
        many = f"  {count:,} of {group.moves:,}" if len(group.reasons) > 1 else ""
        print_lines(
            Text.assemble("    ", ("why   ", "dim"), shown(" and ".join(words) or "no clause"), (many, "dim"))
        )
    for moment, plays, tally in _alike(group):
        names = ", ".join(shown(each) for each in plays)
        print_lines(Text.assemble("    ", (moment, "dim"), f"{names}: ") + _tally(tally))
    shown_first = [
        Text.assemble(_who(each), (f" {_day(each['at'])}", "dim")) for each in group.accounts[:_NAMED]
    ]
    more = f", and {group.moves - len(shown_first):,} more" if group.moves > len(shown_first) else ""
    print_lines(Text.assemble("    ", ("who   ", "dim")) + Text(", ").join(shown_first) + Text(more, "dim"))


def _show_rest(found: Moved) -> None:
    lines = []
    if found.first:
        by_pack: dict[str, list[str]] = {}
        for (pack, segment), count in found.first.most_common():
            by_pack.setdefault(pack, []).append(f"{shown(segment)} {count:,}")
        lines += [f"First labels in {shown(pack)}: {', '.join(each)}" for pack, each in by_pack.items()]
    for pack, count in found.merged.most_common():
        lines.append(f"{counted(count, 'account')} of {shown(pack)} merged into others")
    if found.surer:
        lines.append(f"{counted(found.surer, 'label')} became more or less sure without moving")
    if lines:
        OUT.print()
    for line in lines:
        print_lines(Text(line, "dim"))


def _alike(group: MovedGroup) -> list[tuple[str, list[str], PlayTally]]:
    """Return the plays of which the same became, together, those of leaving first."""
    found: dict[tuple[str, str], tuple[list[str], PlayTally]] = {}
    for tally in group.plays.values():
        key = tally.moment, f"{sorted(tally.statuses.items())} {sorted(tally.reasons.items())}"
        found.setdefault(key, ([], tally))[0].append(tally.play)
    listed = [("leave " if key[0] == "exit" else "enter ", *each) for key, each in found.items()]
    return sorted(listed, key=lambda each: each[0] == "enter ")


def _tally(tally: PlayTally) -> Text:
    found = _statuses(tally.statuses)
    if tally.reasons:
        several = len(tally.reasons) > 1
        reasons = ", ".join(
            f"{reason_words(reason)} {count:,}" if several else reason_words(reason)
            for reason, count in tally.reasons.most_common()
        )
        found += Text(f" ({reasons})", "dim")
    return found


def reason_words(code: str) -> str:
    """Return why a play was not done, in words."""
    return _REASON_WORDS.get(code, shown(code.replace("_", " ")))


def _statuses(counts: Counter[str]) -> Text:
    parts = [
        Text(f"{counts[status]:,} {word}", style)
        for status, (word, style) in _WORDS.items()
        if counts[status]
    ]
    return Text(", ").join(parts)


def _who(account: Mapping[str, Any]) -> str:
    name = account["name"] or account["domain"] or account["account"]
    domain = account["domain"]
    return shown(f"{name} ({domain})" if domain and domain != name else str(name))


def _moment(moment: str, segment: str) -> str:
    return f"{'entering' if moment == 'enter' else 'leaving'} {shown(segment)}"


def _day(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%a %d %b %H:%M}"
