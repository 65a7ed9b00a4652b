"""A label as a person wants to read it: the segment, how sure it is, clause by clause why, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from segue.agents.decision import Decision, flip_json
from segue.agents.snapshot import Snapshot
from segue.api.cli.console import shown
from segue.policies.classifier import Label, Status, doubted_traits
from segue.policies.facts import Account
from segue.policies.flip import Flip
from segue.policies.language.explain import Clause, Explainer, View
from segue.policies.language.types import Range
from segue.policies.pack import Pack, SegmentPolicy
from segue.policies.plain import clause_json, json_value

STATUS_STYLE = {Status.MATCHED: "good", Status.PROVISIONAL: "warn", Status.RESIDUAL: "dim"}
_MARKS = {True: ("✓", "good"), False: ("✗", "bad"), None: ("?", "warn")}


def explanation_panel(decision: Decision, snapshot: Snapshot) -> RenderableType:
    """Return the explanation of the label that a decision rests on, segment by segment."""
    label, pack = decision.label, snapshot.pack
    body: list[RenderableType] = [label_text(label, pack), Text()]
    for segment in pack.segments:
        body.extend(_segment(segment, label, snapshot))
    if label.missing:
        body += [Text(), Text.assemble(("Would settle it  ", "dim"), (", ".join(label.missing), "warn"))]
    changes = [flip_text(each) for each in decision.flip if each.segment is not None]
    if changes:
        body += [Text(), Text("Would change it", style="dim"), *changes]
    foot = Text(f"{pack.name} {pack.revision[:14]}", style="dim")
    return Panel(
        Group(*body), title=account_text(decision.account), title_align="left",
        subtitle=foot, subtitle_align="right", padding=(0, 1),
    )  # fmt: skip


def explanation_json(decision: Decision, snapshot: Snapshot) -> dict[str, Any]:
    """Return the explanation as plain JSON: every segment with its verdict and every clause of it."""
    found = decision.to_json()
    segments = []
    for segment in snapshot.pack.segments:
        node = segment.when.node if segment.when else None
        view = _view(segment, snapshot)
        segments.append(
            {
                "segment": segment.name,
                "when": segment.when.text if segment.when else None,
                "verdict": True if node is None else view.verdict(node),
                "label": segment.name == decision.label.segment,
                "clauses": [] if node is None else [clause_json(each) for each in view.clauses(node)],
                "missing": [] if node is None else list(view.missing(node)),
                "doubted": sorted(_doubted(segment, snapshot)),
            }
        )
    return {
        "pack": found["pack"],
        "account": found["account"],
        "label": found["labels"][found["pack"]],
        "segments": segments,
        "flip": [flip_json(each) for each in decision.flip if each.segment is not None],
        "policy": found["policy"],
        "decided_at": found["decided_at"],
    }


def _segment(segment: SegmentPolicy, label: Label, snapshot: Snapshot) -> Iterator[RenderableType]:
    """Yield a segment's line and, where it was tried, its clauses."""
    chosen = snapshot.pack.by_name[label.segment]
    when = segment.when.text if segment.when else "everything else"
    name = (segment.name, "label" if segment is chosen else "")
    if segment.index > chosen.index:
        yield marked(Text("·", "dim"), Text.assemble((segment.name, "dim"), ("  not reached", "dim")))
        return
    view = _view(segment, snapshot)
    verdict = True if segment.when is None else view.verdict(segment.when.node)
    yield marked(Text(*_MARKS[verdict]), Text.assemble(name, "  ", (" ".join(when.split()), "dim")))
    lines: list[RenderableType] = []
    if segment.when is not None:
        lines += [clause_row(each) for each in view.clauses(segment.when.node)]
    for trait in sorted(_doubted(segment, snapshot)):
        belief, least = snapshot.facts.believed[trait], segment.model.needs[trait]
        lines.append(Text(f"  {trait} is believed {belief:g}, this segment needs {least:g}", "warn"))
    for line in lines:
        yield marked(Text(" "), line)


def _view(segment: SegmentPolicy, snapshot: Snapshot) -> View:
    """Return what a segment sees: a value that it does not believe enough is unknown to it."""
    pack, facts, doubted = snapshot.pack, snapshot.facts, _doubted(segment, snapshot)
    if not doubted:
        return pack.explainer.view(facts.account, facts.now)
    values = {**facts.account, **dict.fromkeys(doubted)}
    return Explainer(pack.evaluator_without(doubted)).view(values, facts.now)


def _doubted(segment: SegmentPolicy, snapshot: Snapshot) -> frozenset[str]:
    return doubted_traits(segment, snapshot.facts.believed)


def account_text(account: Account) -> Text:
    """Return who an account is: its name with its domain, else its domain, else its id."""
    who = Text(shown(account.name or account.domain or account.id), style="name")
    return (
        who.append(f" · {shown(account.domain)}", "not bold dim") if account.domain and account.name else who
    )


def label_text(label: Label, pack: Pack) -> Text:
    """Return a label as one line: segment, status and title."""
    title = pack.by_name[label.segment].model.title
    status = (label.status.value, STATUS_STYLE[label.status])
    return Text.assemble((label.segment, "label"), "  ", status, "  ", title)


def clause_rows(clauses: Sequence[Clause]) -> RenderableType:
    """Return clauses with what they saw, one a line."""
    return Group(*(clause_row(each) for each in clauses))


def clause_row(clause: Clause) -> RenderableType:
    """Return one clause: its verdict, its text and the value it saw; a long one wraps behind its mark."""
    return marked(Text(*_MARKS[clause.verdict]), clause_text(clause))


def clause_text(clause: Clause) -> Text:
    """Return a clause's text and the value it saw; a yes-or-no fact stands for itself."""
    if clause.trait is None:
        return Text(clause.clause)
    missing = [name for name in clause.missing if name != clause.trait]
    needs = f", needs {', '.join(missing)}" if missing else ""
    subject = seen_text(clause.trait, clause.value)
    said = Text() if clause.clause == clause.trait else Text(f"{clause.clause}  ")
    return said.append_text(subject).append(needs, "dim")


def seen_text(trait: str, value: Any) -> Text:
    """Return the value of a trait as a clause saw it."""
    return Text.assemble((f"{trait} is ", "dim"), (shown(value_text(value)), "value"))


def value_text(value: Any) -> str:
    """Return a trait's value as a person writes it."""
    if value is None:
        return "unknown"
    if isinstance(value, Range):
        return f"{value.lo:g} to {value.hi:g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) if value else "none"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    return str(json_value(value))


def flip_text(flip: Flip) -> RenderableType:
    """Return one change of a fact and what it would lead to."""
    if isinstance(flip.before, tuple) and isinstance(flip.after, tuple):
        change = _list_change(flip.before, flip.after)
    else:
        change = Text.assemble(
            (shown(value_text(flip.before)), "value"), " → ", (shown(value_text(flip.after)), "value")
        )
    leads = (
        ("the label becomes ", flip.segment) if flip.segment is not None else ("permits ", flip.opens or "")
    )
    return marked(Text("·", "dim"), Text.assemble(flip.trait, " ", change, "  ", (leads[0], "dim"), leads[1]))


def _list_change(before: Iterable[str], after: Iterable[str]) -> Text:
    lost, won = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    parts = [("without ", each) for each in lost] + [("with ", each) for each in won]
    texts = [Text.assemble(word, (shown(each), "value")) for word, each in parts]
    return Text(", ").join(texts)


def marked(mark: Text, body: RenderableType) -> Table:
    """Return a mark with what it is about beside it, which wraps without running under the mark."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(mark, body)
    return grid
