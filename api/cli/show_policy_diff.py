"""What a change of policy does, in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from segue.agents.move_groups import MoveGroup, grouped_moves
from segue.agents.policy_diff import PolicyDiff
from segue.api.cli.clauses import seen
from segue.api.cli.console import OUT, print_lines, shown
from segue.core.counted import counted

_NAMED = 8
"""Accounts of each group that are named; JSON names them all."""
_ROWS = 20


def show_diff(found: PolicyDiff, names: tuple[str, str]) -> None:
    """Print who moves and why, then plays, loads and suppressions, each where there is any."""
    moved = counted(found.moved_accounts, "account")
    verb = "moves" if found.moved_accounts == 1 else "move"
    OUT.print(Text.assemble((names[0], "label"), (" → ", "dim"), (names[1], "label")))
    share = f" ({found.moved_accounts / found.accounts:.1%})" if found.accounts else ""
    OUT.print(Text.assemble((f"{moved} of {found.accounts:,} {verb}", "name"), share))
    for group in grouped_moves(found.changes):
        _show_group(group)
    if found.statuses:
        _heading("Sure, or not")
        _table(("pack", "segment", "label", "accounts"), (
            (pack, segment, f"{before} → {after}", f"{count:,}")
            for (pack, segment, before, after), count in found.statuses.most_common()
        ))  # fmt: skip
    _show_plays(found)
    loads = found.loads()
    if loads:
        _heading("Who carries plays out, by accounts")
        _table(("who", "before", "after", "change"), (
            (row["who"], f"{row['before']:,}", f"{row['after']:,}", f"{row['after'] - row['before']:+,}")
            for row in loads
        ))  # fmt: skip
    _show_suppressions(found)


def _show_group(group: MoveGroup) -> None:
    head = Text.assemble(
        "\n", (group.before, "label"), (" → ", "dim"), (group.after, "label"),
        f"  {counted(len(group.changes), 'account')}", (f"  {group.pack}", "dim"),
    )  # fmt: skip
    OUT.print(head)
    for before, after, count in group.reasons()[:3]:
        lead = Text(f"  because  {count:,}  ", "dim")
        print_lines(lead + Text(shown("; ".join(before) or "(no such clause)")))
        print_lines(
            Text(" " * (len(lead) - 4) + "now ", "dim") + Text(shown("; ".join(after) or "(no such clause)"))
        )
    for change, move in group.changes[:_NAMED]:
        values = dict.fromkeys(seen(each) for side in move["decided_by"].values() for each in side)
        OUT.print(
            Text.assemble("    ", (_who(change), "name"), ("  " + ", ".join(filter(None, values)), "dim"))
        )
    left = len(group.changes) - _NAMED
    if left > 0:
        OUT.print(Text(f"    and {left:,} more: --json names them all", "dim"))


def _show_plays(found: PolicyDiff) -> None:
    if found.plays:
        _heading("Plays of accounts")
        _table(("surface", "before", "after", "accounts"), (
            (surface, before, after, f"{count:,}")
            for (_, surface, before, after), count in found.plays.most_common(_ROWS)
        ))  # fmt: skip
    if found.decisions or found.decisions_left_out:
        changed = sum(found.decision_plays.values())
        _heading(f"Logged decisions: {changed:,} of {found.decisions:,} would do otherwise")
        if found.decisions_left_out:
            OUT.print(Text(f"  {found.decisions_left_out:,} could not be made again", "warn"))
        if changed:
            _table(("surface", "before", "after", "decisions"), (
                (surface, before, after, f"{count:,}")
                for (_, surface, before, after), count in found.decision_plays.most_common(_ROWS)
            ))  # fmt: skip


def _show_suppressions(found: PolicyDiff) -> None:
    if not found.begun and not found.ended:
        OUT.print(Text("\nNo suppression begins or ends", "good"))
        return
    _heading("Suppressions")
    for what, plays, style in (("begins", found.begun, "bad"), ("ends", found.ended, "good")):
        for (_, play), count in plays.most_common():
            OUT.print(Text.assemble((f"  {what:<7}", style), f"{play}  {counted(count, 'account')}"))
    for change in [each for each in found.changes if each["suppressions"]["begin"]][:_NAMED]:
        plays_begun = ", ".join(each["play"] for each in change["suppressions"]["begin"])
        OUT.print(Text.assemble("    ", (_who(change), "name"), (f"  {plays_begun}", "dim")))


def _who(change: Mapping[str, Any]) -> str:
    names = dict.fromkeys(text for text in (change["name"], change["domain"] or change["account"]) if text)
    return shown(" · ".join(names))


def _heading(text: str) -> None:
    OUT.print(Text(f"\n{text}", "name"))


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in headings:
        is_number = heading in ("accounts", "decisions", "change") or ("who" in headings and heading != "who")
        table.add_column(heading, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    OUT.print(table)
