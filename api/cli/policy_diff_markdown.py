"""What a change of policy does, as Markdown for the comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from segue.agents.move_groups import MoveGroup, grouped_moves
from segue.agents.policy_diff import PolicyDiff
from segue.api.cli.clauses import seen
from segue.api.cli.console import shown
from segue.core.counted import counted

MARKER = "<!-- segue policies diff -->"
"""The first line: by it the comment is found again."""
_LONGEST = 60_000
"""Characters: GitHub refuses a comment over 65,536."""
_NAMED = 50
_ROWS = 20


def markdown_of(found: PolicyDiff, names: tuple[str, str], broken: Sequence[str]) -> str:
    """Return a summary, tables, and the accounts in folded sections; cut where it would be too long."""
    lines: list[str] = []
    length = 0
    for section in _sections(found, names, broken):
        if length + len(section) > _LONGEST:
            lines.append("_Cut here: `segue policies diff --json` has it all._\n")
            break
        lines.append(section)
        length += len(section) + 1
    return "\n".join(lines)


def _sections(found: PolicyDiff, names: tuple[str, str], broken: Sequence[str]) -> Iterator[str]:
    share = f" ({found.moved_accounts / found.accounts:.1%})" if found.accounts else ""
    begins = counted(found.suppressed_accounts, "account")
    changed = sum(found.decision_plays.values())
    decisions = (
        f" {changed:,} of {found.decisions:,} logged decisions would do otherwise." if found.decisions else ""
    )
    yield (
        f"{MARKER}\n### What this change of policy does\n\n`{names[0]}` → `{names[1]}`\n\n"
        f"**{found.moved_accounts:,} of {counted(found.accounts, 'account')} move**{share}."
        f" Suppression begins for {begins}.{decisions}\n"
    )
    if broken:
        yield "".join(f"> **Over a limit:** {line}\n" for line in broken)
    groups = grouped_moves(found.changes)
    if groups:
        yield _table(("from", "to", "accounts", "because"), ((_code(group.before), _code(group.after),
            f"{len(group.changes):,}", _reason(group)) for group in groups))  # fmt: skip
    if found.statuses:
        yield _folded("Labels that become more or less sure", _table(("segment", "label", "accounts"), (
            (_code(segment), f"{before} → {after}", f"{count:,}")
            for (_, segment, before, after), count in found.statuses.most_common(_ROWS))))  # fmt: skip
    yield from _plays(found)
    loads = found.loads()
    if loads:
        rows = ((_text(row["who"]), f"{row['before']:,}", f"{row['after']:,}",
                 f"{row['after'] - row['before']:+,}") for row in loads)  # fmt: skip
        yield _folded("Who carries plays out", _table(("who", "before", "after", "change"), rows))
    yield from _suppressions(found)
    for group in groups:
        yield _folded(
            f"{group.before} → {group.after}: {counted(len(group.changes), 'account')}",
            _table(("account", "what decides it"), _accounts(group)) + _more(len(group.changes)),
        )


def _suppressions(found: PolicyDiff) -> Iterator[str]:
    if not found.begun and not found.ended:
        return
    begins = [("**begins**", _code(play), f"{count:,}") for (_, play), count in found.begun.most_common()]
    ends = [("ends", _code(play), f"{count:,}") for (_, play), count in found.ended.most_common()]
    yield _table(("suppression", "play", "accounts"), [*begins, *ends])
    newly = [each for each in found.changes if each["suppressions"]["begin"]]
    if newly:
        rows = [
            (_who(each), ", ".join(_code(begun["play"]) for begun in each["suppressions"]["begin"]))
            for each in newly[:_NAMED]
        ]
        title = f"Newly suppressed: {counted(len(newly), 'account')}"
        yield _folded(title, _table(("account", "play"), rows) + _more(len(newly)))


def _plays(found: PolicyDiff) -> Iterator[str]:
    for title, plays, what in (
        ("Plays of accounts", found.plays, "accounts"),
        ("Plays of logged decisions", found.decision_plays, "decisions"),
    ):
        if plays:
            rows = ((surface, _code(before), _code(after), f"{count:,}")
                    for (_, surface, before, after), count in plays.most_common(_ROWS))  # fmt: skip
            yield _folded(
                f"{title}: {sum(plays.values()):,} change", _table(("surface", "before", "after", what), rows)
            )


def _accounts(group: MoveGroup) -> Iterator[tuple[str, str]]:
    for change, move in group.changes[:_NAMED]:
        values = dict.fromkeys(seen(each) for side in move["decided_by"].values() for each in side)
        yield _who(change), _text(", ".join(filter(None, values)))


def _reason(group: MoveGroup) -> str:
    before, after, count = group.reasons()[0]
    words = f"{_codes(before)} → {_codes(after)}"
    return words if count == len(group.changes) else f"{words} ({count:,} of them)"


def _codes(words: Iterable[str]) -> str:
    parts = [each.rpartition(" is ") for each in words]
    return "; ".join(f"{_code(clause)} is {verdict}" for clause, _, verdict in parts) or "no such clause"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    numbers = {"accounts", "decisions", "change"}
    lines = [
        f"| {' | '.join(headings)} |",
        f"|{'|'.join('--:' if each in numbers else '---' for each in headings)}|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{_text(title)}</summary>\n\n{body}\n</details>\n"


def _more(count: int) -> str:
    return f"\nand {count - _NAMED:,} more\n" if count > _NAMED else ""


def _who(change: Mapping[str, Any]) -> str:
    names = dict.fromkeys(text for text in (change["name"], change["domain"] or change["account"]) if text)
    return _text(" · ".join(names))


def _code(text: str) -> str:
    """Return text as code in a cell. What would end either is taken out of it."""
    return f"`{shown(text).replace('`', chr(39)).replace('|', '∣')}`"


def _text(text: str) -> str:
    """Return text from outside as it stands: no markup, no link, no mention of anybody."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~<>&@])", lambda found: f"&#{ord(found[0])};", shown(text))
    return re.sub(r"(?i)\b(https?|ftp|mailto):", r"\1&#58;", escaped).replace("www.", "www&#46;")
