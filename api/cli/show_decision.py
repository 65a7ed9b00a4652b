"""A decision as a person wants to read it: the label and why, the play, what was not done and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from segue.agents.choosers.rules import Score
from segue.agents.decision import Decision
from segue.api.cli.console import shown
from segue.api.cli.show_label import (
    account_text,
    clause_rows,
    flip_text,
    label_text,
    marked,
    seen_text,
    value_text,
)
from segue.core.counted import counted
from segue.policies.findings import Finding, Reason
from segue.policies.pack import Pack
from segue.policies.routing import Via

_OF_THE_QUESTION = ("trait", "question", "answers")
"""Parameters of a play that asks, shown as its words and buttons."""


def decision_panel(decision: Decision, pack: Pack, question: str | None = None) -> RenderableType:
    """Return a decision as a panel; `question` is what was asked, shown first."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    if question:
        grid.add_row("Asked", Text(question))
    for heading, body in _rows(decision, pack):
        grid.add_row(heading, body)
    foot = f"{decision.surface} · {pack.name} {pack.revision[:14]} · {decision.latency_ms:.2f} ms"
    return Panel(
        grid, title=account_text(decision.account), title_align="left",
        subtitle=Text(foot, style="dim"), subtitle_align="right", padding=(0, 1),
    )  # fmt: skip


def _rows(decision: Decision, pack: Pack) -> Iterator[tuple[str, RenderableType]]:
    yield "Label", label_text(decision.label, pack)
    if decision.label.because:
        yield "Because", clause_rows(decision.label.because)
    if decision.label.missing:
        yield "Would settle it", Text(", ".join(decision.label.missing), style="warn")
    yield "Play", Group(*_play(decision))
    chosen = decision.scores.get(decision.play.name)
    if chosen is not None:
        yield "Worth", score_text(chosen)
    others = list(_not_done(decision))
    if others:
        yield "Not done", Group(*others)
    if decision.flip:
        yield "Would change it", Group(*(flip_text(each) for each in decision.flip))


def _play(decision: Decision) -> Iterator[RenderableType]:
    play = decision.play
    yield Text.assemble((play.name, "label"), "  ", play.title)
    if play.message:
        yield Text(f"“{shown(play.message)}”", style="italic")
    parameters = play.parameters or {}
    answers = parameters.get("answers")
    if answers:
        yield Text("  ".join(f"[{each['says']}]" for each in answers), style="value")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    if play.offer:
        table.add_row("offer", Text(play.offer))
    owner = _owner(decision)
    if owner is not None:
        table.add_row("owner", owner)
    terms = {name: value for name, value in parameters.items() if name not in _OF_THE_QUESTION}
    if terms:
        table.add_row("with", Text(", ".join(f"{name} {_term(value)}" for name, value in terms.items())))
    for point in play.proof_points:
        table.add_row("proof", Text.assemble(point.claim, (f"  {point.id}", "dim")))
    if table.row_count:
        yield table


def _term(value: Any) -> str:
    """Return a parameter of a play as a person writes it."""
    return shown(value_text(tuple(map(str, value)) if isinstance(value, list | tuple) else value))


def _owner(decision: Decision) -> Text | None:
    assignment = decision.play.assignment
    if assignment is None or assignment.via is Via.NOT_PERSONAL:
        return None
    if assignment.rep is None:
        return Text("nobody is free", style="warn")
    how = f"pod {assignment.pod}" if assignment.pod else assignment.via.value.replace("_", " ")
    return Text.assemble(shown(assignment.rep), (f"  by {how}", "dim"))


def score_text(score: Score) -> Text:
    """Return the terms of an arbitration."""
    terms = Text.assemble(
        f"propensity {score.propensity:g} ", ("×", "dim"), f" context {score.context:g} ", ("×", "dim"),
        f" value {score.value:g} ", ("−", "dim"), f" cost {score.cost:g} ", ("=", "dim"), " ",
        (f"{score.total:g}", "name"),
    )  # fmt: skip
    if score.total <= 0:
        terms.append("  the default, where nothing is worth more", "dim")
    return terms


def _not_done(decision: Decision) -> Iterator[RenderableType]:
    others = [each for each in decision.findings if each.play != decision.play.name]
    named = [each for each in others if each.code is not Reason.NOT_ALLOWED]
    for finding in named:
        mark = Text("·", "good") if finding.permitted else Text("✗", "bad")
        yield marked(mark, finding_text(finding, decision.scores.get(finding.play)))
    if len(named) < len(others):
        rest = counted(len(others) - len(named), "play")
        lead = "and " if named else ""
        yield marked(
            Text(" "), Text(f"{lead}{rest} that this segment does not name for {decision.surface}", "dim")
        )


def finding_text(finding: Finding, score: Score | None = None) -> Text:
    """Return why a play is excluded, or what a permitted one is worth."""
    if finding.permitted:
        return Text.assemble(
            finding.play, (f"  permitted, worth {score.total:g}" if score else "  permitted", "dim")
        )
    found = Text.assemble(finding.play, "  ", (str(finding.reason), "warn"))
    if finding.clause:
        if finding.clause != finding.trait:
            found.append(f"  {finding.clause}")
        if finding.trait:
            found.append("  ").append_text(seen_text(finding.trait, finding.value))
        elif finding.value is not None:
            found.append(f"  so far {value_text(finding.value)}", "dim")
    elif finding.missing:
        found.append(f"  needs {', '.join(finding.missing)}", "dim")
    return found
