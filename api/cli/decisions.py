"""`segue decide` and `segue explain`: one account, one decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from segue.accounts.known import Known, known_account
from segue.agents.decide import decide as run_decision
from segue.agents.snapshot import Snapshot, take_snapshot
from segue.api.cli.console import ERR, OUT, print_json
from segue.api.cli.options import JsonOption, NowOption, PackOption, instant, read_facts, read_facts_file
from segue.api.cli.show_decision import clause_lines, decision_panel, flip_text, label_text
from segue.core.errors import InputError
from segue.core.settings import settings
from segue.policies.classifier import classify
from segue.policies.facts import Account
from segue.policies.load import load_pack
from segue.policies.models.pack import Surface
from segue.policies.pack import Pack

AccountArgument = Annotated[str, typer.Argument(help="The account's domain or id.")]
FactOption = Annotated[
    list[str], typer.Option("--fact", "-f", help="An account fact, trait=value, over what is known.")
]
FactsOption = Annotated[
    str | None, typer.Option(help="A JSON file of account facts, or - for standard input.")
]
ContactOption = Annotated[
    list[str], typer.Option("--contact", "-c", help="A fact of the contact, trait=value.")
]
ContextOption = Annotated[
    list[str], typer.Option("--context", "-x", help="A fact of the request, trait=value.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(decide)
    app.command()(explain)


def load_packs(names: list[str]) -> list[Pack]:
    """Load packs in order, each able to read the labels of those before it."""
    if not names:
        raise InputError("name a pack with --pack")
    loaded: list[Pack] = []
    for name in names:
        loaded.append(load_pack(name, tuple(loaded)))
    return loaded


def decide(
    account: AccountArgument,
    pack: PackOption,
    surface: Annotated[
        Surface, typer.Option("--surface", "-s", help="Where the decision shows.")
    ] = Surface.WEB,
    fact: FactOption = [],  # noqa: B006 - typer copies it
    facts: FactsOption = None,
    contact: ContactOption = [],  # noqa: B006
    context: ContextOption = [],  # noqa: B006
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide one account: its label, the play, what was not done and why, and what would change it."""
    packs = load_packs(pack)
    snapshot, known = _snapshot(packs, account, surface.value, fact, facts, contact, context, now)
    decision = run_decision(snapshot, with_flip=True)
    if as_json:
        print_json(decision.to_json())
        return
    _tell_unknown(known, account)
    OUT.print(decision_panel(decision, packs[-1]))


def explain(
    account: AccountArgument,
    pack: PackOption,
    fact: FactOption = [],  # noqa: B006
    facts: FactsOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain an account's label: every segment in order, clause by clause, and what would change it."""
    packs = load_packs(pack)
    snapshot, known = _snapshot(packs, account, packs[-1].file.surfaces[0].value, fact, facts, [], [], now)
    decision = run_decision(snapshot, with_flip=True)
    segments = _segments(packs[-1], snapshot)
    flips = [flip for flip in decision.flip if flip.segment is not None]
    if as_json:
        found = decision.to_json()
        label = found["labels"][packs[-1].name]
        print_json({"account": found["account"], "label": label, "segments": segments, "flip": found["flip"]})
        return
    _tell_unknown(known, account)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    pack_used, view = packs[-1], packs[-1].explainer.view(snapshot.facts.account, snapshot.facts.now)
    for segment, row in zip(pack_used.segments, segments, strict=True):
        mark = {True: "[good]✓[/good]", False: "[bad]✗[/bad]", None: "[warn]?[/warn]"}[row["verdict"]]
        chosen = "label" if segment.name == decision.label.segment else "dim"
        clauses = (
            clause_lines(view.clauses(segment.when.node))
            if segment.when
            else Text("everything else", style="dim")
        )
        grid.add_row(Text.from_markup(f"{mark} [{chosen}]{segment.name}[/]"), clauses)
    body: list[RenderableType] = [label_text(decision.label, pack_used), Text(), grid]
    if decision.label.missing:
        body += [Text(), Text(f"Would settle it: {', '.join(decision.label.missing)}", style="warn")]
    if flips:
        body += [Text(), *(Text.from_markup(flip_text(each)) for each in flips)]
    who = decision.account.name or decision.account.domain or decision.account.id
    OUT.print(Panel(Group(*body), title=f"[name]{escape(who)}[/name]", title_align="left"))


def _segments(pack: Pack, snapshot: Snapshot) -> list[dict[str, Any]]:
    view = pack.explainer.view(snapshot.facts.account, snapshot.facts.now)
    rows = []
    label = classify(pack, snapshot.facts)
    for segment in pack.segments:
        node = segment.when.node if segment.when else None
        rows.append(
            {
                "segment": segment.name,
                "when": segment.when.text if segment.when else None,
                "verdict": True if node is None else view.verdict(node),
                "label": segment.name == label.segment,
                "missing": [] if node is None else list(view.missing(node)),
            }
        )
    return rows


def _snapshot(
    packs: list[Pack], named: str, surface: str, fact: list[str], facts: str | None,
    contact: list[str], context: list[str], now: datetime | None,
) -> tuple[Snapshot, Known | None]:  # fmt: skip
    pack = packs[-1]
    moment = instant(now)
    known = known_account(settings().data_dir, pack, named, moment)
    given = dict(known.values) if known else {}
    stated = read_facts(fact, pack, "--fact") | (read_facts_file(facts) if facts is not None else {})
    given |= stated
    account = known.account if known else Account(named, named if "." in named else None)
    snapshot = take_snapshot(
        packs, account, surface, moment,
        account_facts=given,
        contact=read_facts(contact, pack, "--contact"),
        request=read_facts(context, pack, "--context"),
        believed={name: known.believed[name] for name in known.believed if name in given and name not in stated}
        if known
        else None,
    )  # fmt: skip
    return snapshot, known


def _tell_unknown(known: Known | None, named: str) -> None:
    if known is None:
        ERR.print(
            f"[warn]note:[/warn] {escape(named)} is not among the imported accounts: decided on what is given"
        )
        return
    if known.note:
        ERR.print(f"[warn]note:[/warn] {escape(known.note)}")
    if known.stale:
        ERR.print(f"[warn]note:[/warn] older than the pack allows, so unknown: {', '.join(known.stale)}")
