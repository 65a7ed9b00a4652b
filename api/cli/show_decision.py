"""A decision as a person wants to read it: the label and why, the play, what was not done and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from segue.agents.choosers.rules import Score
from segue.agents.decision import Decision, json_value
from segue.policies.classifier import Label, Status
from segue.policies.flip import Flip
from segue.policies.gate import Finding, Reason
from segue.policies.language.explain import Clause
from segue.policies.language.types import Range
from segue.policies.pack import Pack
from segue.policies.routing import Via

STATUS_STYLE = {Status.MATCHED: "good", Status.PROVISIONAL: "warn", Status.RESIDUAL: "dim"}


def decision_panel(decision: Decision, pack: Pack, question: str | None = None) -> RenderableType:
    """Return a decision as a panel; `question` is what was asked, shown first."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    if question:
        grid.add_row("Asked", Text(question))
    for heading, body in _rows(decision, pack):
        grid.add_row(heading, body)
    who = decision.account.name or decision.account.domain or decision.account.id
    domain = f" · {decision.account.domain}" if decision.account.domain and decision.account.name else ""
    title = f"[name]{escape(who)}[/name][dim]{escape(domain)}[/dim]"
    foot = f"[dim]{decision.surface} · {pack.name} {pack.revision[:14]} · {decision.latency_ms:.2f} ms[/dim]"
    return Panel(grid, title=title, title_align="left", subtitle=foot, subtitle_align="right", padding=(0, 1))


def _rows(decision: Decision, pack: Pack) -> Iterator[tuple[str, RenderableType]]:
    yield "Label", label_text(decision.label, pack)
    because = clause_lines(decision.label.because)
    if because:
        yield "Because", because
    if decision.label.missing:
        names = ", ".join(decision.label.missing)
        yield "Would settle it", Text(names, style="warn")
    yield "Play", _play(decision)
    chosen = decision.scores.get(decision.play.name)
    if chosen is not None:
        yield "Worth", Text.from_markup(score_text(chosen))
    others = list(_not_done(decision))
    if others:
        yield "Not done", Group(*others)
    if decision.flip:
        yield "Would change it", Group(*(Text.from_markup(flip_text(each)) for each in decision.flip))


def label_text(label: Label, pack: Pack) -> Text:
    """Return a label as one line: segment, title and status."""
    title = pack.by_name[label.segment].model.title
    return Text.from_markup(
        f"[label]{label.segment}[/label]  {escape(title)}  [{STATUS_STYLE[label.status]}]{label.status.value}[/]"
    )


def clause_lines(clauses: tuple[Clause, ...]) -> Group | None:
    """Return clauses with what they saw, one a line."""
    if not clauses:
        return None
    return Group(*(Text.from_markup(clause_text(each)) for each in clauses))


def clause_text(clause: Clause) -> str:
    """Return one clause as markup: its text, its verdict and the value it saw."""
    mark = {True: "[good]✓[/good]", False: "[bad]✗[/bad]", None: "[warn]?[/warn]"}[clause.verdict]
    if clause.trait is None:
        return f"{mark} {escape(clause.clause)}"
    shown = value_text(clause.value)
    if clause.value is None and clause.verdict is None:
        shown = "unknown"
    missing = (
        f", needs {', '.join(clause.missing)}" if clause.missing and clause.missing != (clause.trait,) else ""
    )
    seen = f"[dim]{clause.trait} is[/dim] [value]{escape(shown)}[/value][dim]{missing}[/dim]"
    return f"{mark} {escape(clause.clause)}  {seen}"


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


def _play(decision: Decision) -> RenderableType:
    play = decision.play
    lines: list[RenderableType] = [Text.from_markup(f"[label]{play.name}[/label]  {escape(play.title)}")]
    if play.message:
        lines.append(Text(f"“{play.message}”", style="italic"))
    if play.parameters and play.parameters.get("answers"):
        says = "  ".join(f"[{each['says']}]" for each in play.parameters["answers"])
        lines.append(Text(says, style="value"))
    if play.offer:
        lines.append(Text.assemble(("offer  ", "dim"), play.offer))
    owner = _owner(decision)
    if owner:
        lines.append(owner)
    lines.extend(
        Text.assemble(("proof  ", "dim"), point.claim, (f"  {point.id}", "dim"))
        for point in play.proof_points
    )
    return Group(*lines)


def _owner(decision: Decision) -> Text | None:
    assignment = decision.play.assignment
    if assignment is None or assignment.via is Via.NOT_PERSONAL:
        return None
    if assignment.rep is None:
        return Text.assemble(("owner  ", "dim"), ("nobody is free", "warn"))
    how = f"pod {assignment.pod}" if assignment.pod else assignment.via.value.replace("_", " ")
    return Text.assemble(("owner  ", "dim"), assignment.rep, (f"  by {how}", "dim"))


def score_text(score: Score) -> str:
    """Return the terms of an arbitration as markup."""
    return (
        f"propensity {score.propensity:g} [dim]×[/dim] context {score.context:g} [dim]×[/dim] value {score.value:g} "
        f"[dim]−[/dim] cost {score.cost:g} [dim]=[/dim] [name]{score.total:g}[/name]"
    )


def _not_done(decision: Decision) -> Iterator[Text]:
    elsewhere = 0
    for finding in decision.findings:
        if finding.play == decision.play.name:
            continue
        if finding.code is Reason.NOT_ALLOWED:
            elsewhere += 1
        elif finding.permitted:
            score = decision.scores.get(finding.play)
            total = f"worth {score.total:g}" if score is not None else "permitted"
            yield Text.from_markup(f"[good]·[/good] {finding.play}  [dim]permitted, {total}[/dim]")
        else:
            yield Text.from_markup(finding_text(finding))
    if elsewhere:
        yield Text(
            f"  and {elsewhere} plays that this segment does not name for {decision.surface}", style="dim"
        )


def finding_text(finding: Finding) -> str:
    """Return why a play is excluded, as markup."""
    found = f"[bad]✗[/bad] {finding.play}  [warn]{finding.reason}[/warn]"
    if finding.clause:
        shown = "unknown" if finding.value is None else value_text(finding.value)
        subject = f" [dim]{finding.trait} is[/dim] [value]{escape(shown)}[/value]" if finding.trait else ""
        found += f"  {escape(finding.clause)}{subject}"
    elif finding.missing:
        found += f"  [dim]needs {', '.join(finding.missing)}[/dim]"
    return found


def flip_text(flip: Flip) -> str:
    """Return one change and what it would lead to, as markup."""
    before, after = (f"[value]{escape(value_text(each))}[/value]" for each in (flip.before, flip.after))
    change = f"{flip.trait} {before} → {after}"
    if isinstance(flip.before, tuple) and isinstance(flip.after, tuple):
        lost, won = set(flip.before) - set(flip.after), set(flip.after) - set(flip.before)
        words = [f"without [value]{escape(each)}[/value]" for each in sorted(lost)]
        change = f"{flip.trait} {', '.join(words + [f'with [value]{escape(each)}[/value]' for each in sorted(won)])}"
    if flip.segment is not None:
        return f"{change}  [dim]the label becomes[/dim] {flip.segment}"
    return f"{change}  [dim]permits[/dim] {flip.opens}"
