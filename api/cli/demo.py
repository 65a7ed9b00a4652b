"""`segue demo`: two files of accounts, their segments, and three decisions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from segue.accounts.book import AccountBook
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.known import Known, as_known
from segue.agents.decide import decide
from segue.agents.snapshot import take_snapshot
from segue.api.cli.console import OUT
from segue.api.cli.population import Population, population_view
from segue.api.cli.show_decision import decision_panel
from segue.api.cli.show_import import import_summary
from segue.evals.samples.listed_companies import write_listed_companies
from segue.evals.samples.salesforce_export import FILE_NAME, write_salesforce_export
from segue.policies.classifier import Label, Status
from segue.policies.facts import Facts
from segue.policies.load import load_pack
from segue.policies.pack import Pack

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""The demo decides as of this instant, a Monday, so that it shows the same on every day."""

Found = tuple[Known, Label, Facts]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(demo)


def demo() -> None:
    """Import two files of sample accounts, show their segments, and decide three times."""
    OUT.print(
        Text.from_markup(f"Everything below is decided as of {NOW:%A %d %B %Y, %H:%M} UTC, on this machine.")
    )
    with tempfile.TemporaryDirectory(prefix="segue-demo-") as folder:
        companies = _listed_companies(Path(folder))
        accounts = _salesforce(Path(folder))
    _heading("Three decisions")
    _website(companies)
    _chat(accounts)
    _slack(accounts)
    OUT.print(
        "[dim]Your own accounts:[/dim] segue init saas_pipeline my_pack; segue import accounts.csv --pack my_pack; "
        "segue decide DOMAIN --pack my_pack"
    )


def _heading(text: str) -> None:
    OUT.print()
    OUT.print(Rule(f"[name]{text}[/name]", align="left", style="dim"))


def _listed_companies(folder: Path) -> tuple[Pack, list[Found]]:
    _heading("The listed companies of pytickersymbols, as that package has them")
    path = folder / "listed_companies.csv"
    write_listed_companies(path)
    return _import_and_label(path, "security_maturity", "filings", folder)


def _salesforce(folder: Path) -> tuple[Pack, list[Found]]:
    _heading("A generated Salesforce report of 2,000 accounts, with the usual mess")
    path = folder / FILE_NAME
    write_salesforce_export(path)
    return _import_and_label(path, "saas_pipeline", "crm", folder)


def _import_and_label(path: Path, name: str, source: str, folder: Path) -> tuple[Pack, list[Found]]:
    pack = load_pack(name)
    target = folder / f"{name}.parquet"
    report = import_accounts(path, target, pack.traits, ImportOptions(source_name=source, imported_at=NOW))
    OUT.print(Padding(import_summary(report, short=True), (0, 0, 1, 0)))
    population, found = Population(pack), []
    with AccountBook(target) as book:
        for record in book:
            if record.duplicate_of is None:
                known = as_known(record, pack, source, NOW)
                found.append((known, *population.add(known, NOW)))
    OUT.print(population_view(population))
    return pack, found


def _website(companies: tuple[Pack, list[Found]]) -> None:
    pack, found = companies
    known = _first(found, lambda known, label, _: _is_bank(known) and label.status is Status.PROVISIONAL)
    _decide(pack, known, "web", "a visitor opens the page /security", request={"path": "/security"})


def _chat(accounts: tuple[Pack, list[Found]]) -> None:
    pack, found = accounts
    known = _first(
        found, lambda known, label, _: label.segment == "sales_ready" and known.values.get("country") == "US"
    )
    contact = {"persona": "ciso", "industry": "healthcare", "seniority": "director"}
    _decide(
        pack,
        known,
        "chat",
        "a CISO of its healthcare arm, in the chat: “Would you sign a BAA?”",
        contact=contact,
    )


def _slack(accounts: tuple[Pack, list[Found]]) -> None:
    pack, found = accounts

    def sales_ready_in_europe(_: Known, label: Label, facts: Facts) -> bool:
        region = pack.evaluator.value(pack.definitions["region"], facts.account, NOW)
        return label.segment == "sales_ready" and region in ("EU", "UK") and label.status is Status.MATCHED

    known = _first(found, sales_ready_in_europe)
    _decide(pack, known, "slack", "a rep, in Slack: “Should I call them today?”")


def _is_bank(known: Known) -> bool:
    return known.values.get("industry") == "financial_services" and known.values.get("country") == "US"


def _first(found: list[Found], wanted: Callable[[Known, Label, Facts], bool]) -> Known:
    return next(
        known for known, label, facts in found if wanted(known, label, facts) and known.account.domain
    )


def _decide(pack: Pack, known: Known, surface: str, asked: str, **about: Any) -> None:
    snapshot = take_snapshot(
        [pack], known.account, surface, NOW, account_facts=known.values, believed=known.believed, **about
    )
    decide(snapshot)  # the first of a process compiles its explanations: show what the next ones cost
    OUT.print(decision_panel(decide(snapshot, with_flip=True), pack, asked))
    OUT.print()
