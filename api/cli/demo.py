"""`segue demo`: two files of accounts, their segments, and three decisions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from segue.accounts.book import AccountBook
from segue.accounts.import_report import ImportReport
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.known import Known, as_known
from segue.agents.decide import decide
from segue.agents.decision import Decision, json_value
from segue.agents.snapshot import take_snapshot
from segue.api.cli.console import OUT, print_json
from segue.api.cli.options import JsonOption
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


def demo(as_json: JsonOption = False) -> None:
    """Import two files of sample accounts, show their segments, and decide three times."""
    shown = _Shown(as_json)
    shown.say(f"Everything below is decided as of {NOW:%A %d %B %Y, %H:%M} UTC, on this machine.")
    with tempfile.TemporaryDirectory(prefix="segue-demo-") as folder:
        companies = _listed_companies(Path(folder), shown)
        accounts = _salesforce(Path(folder), shown)
    shown.heading("Three decisions")
    _website(companies, shown)
    _chat(accounts, shown)
    _slack(accounts, shown)
    shown.say(
        "[dim]Your own accounts:[/dim] segue init saas_pipeline my_pack; "
        "segue import accounts.csv --pack my_pack; segue decide DOMAIN --pack my_pack"
    )
    if as_json:
        print_json(shown.found)


@dataclass
class _Shown:
    """Prints for people as it goes, or collects for a program."""

    as_json: bool
    found: dict[str, Any] = field(
        default_factory=lambda: {"decided_at": json_value(NOW), "files": [], "decisions": []}
    )

    def say(self, what: RenderableType) -> None:
        """Print something for people."""
        if not self.as_json:
            OUT.print(what)

    def heading(self, text: str) -> None:
        """Print a heading."""
        self.say("")
        self.say(Rule(Text(text, "name"), align="left", style="dim"))

    def population(self, report: ImportReport, population: Population) -> None:
        """Show what an import did and the segments that its accounts are in."""
        self.say(Padding(import_summary(report, short=True), (0, 0, 1, 0)))
        self.say(population_view(population))
        found = {"pack": population.pack.name, "import": report.as_dict(), "labels": population.to_json()}
        self.found["files"].append(found)

    def decision(self, decision: Decision, pack: Pack, asked: str) -> None:
        """Show one decision."""
        self.say(decision_panel(decision, pack, asked))
        self.say("")
        self.found["decisions"].append({"asked": asked, **decision.to_json()})


def _listed_companies(folder: Path, shown: _Shown) -> tuple[Pack, list[Found]]:
    shown.heading("The listed companies of pytickersymbols, as that package has them")
    path = folder / "listed_companies.csv"
    write_listed_companies(path)
    return _import_and_label(path, "security_maturity", "filings", shown)


def _salesforce(folder: Path, shown: _Shown) -> tuple[Pack, list[Found]]:
    shown.heading("A generated Salesforce report of 2,000 accounts, with the usual mess")
    path = folder / FILE_NAME
    write_salesforce_export(path)
    return _import_and_label(path, "saas_pipeline", "crm", shown)


def _import_and_label(path: Path, name: str, source: str, shown: _Shown) -> tuple[Pack, list[Found]]:
    pack = load_pack(name)
    target = path.with_name(f"{name}.parquet")
    report = import_accounts(path, target, pack.traits, ImportOptions(source_name=source, imported_at=NOW))
    population, found = Population(pack), []
    with AccountBook(target) as book:
        for record in book:
            if record.duplicate_of is None:
                known = as_known(record, pack, source, NOW)
                found.append((known, *population.add(known, NOW)))
    shown.population(report, population)
    return pack, found


def _website(companies: tuple[Pack, list[Found]], shown: _Shown) -> None:
    pack, found = companies
    known = _first(found, lambda known, label, _: _is_bank(known) and label.status is Status.PROVISIONAL)
    _decide(shown, pack, known, "web", "a visitor opens the page /security", request={"path": "/security"})


def _chat(accounts: tuple[Pack, list[Found]], shown: _Shown) -> None:
    pack, found = accounts
    known = _first(
        found, lambda known, label, _: label.segment == "sales_ready" and known.values.get("country") == "US"
    )
    contact = {"persona": "ciso", "industry": "healthcare", "seniority": "director"}
    asked = "a CISO of its healthcare arm, in the chat: “Would you sign a BAA?”"
    _decide(shown, pack, known, "chat", asked, contact=contact)


def _slack(accounts: tuple[Pack, list[Found]], shown: _Shown) -> None:
    pack, found = accounts

    def sales_ready_in_europe(_: Known, label: Label, facts: Facts) -> bool:
        region = pack.evaluator.value(pack.definitions["region"], facts.account, NOW)
        return label.segment == "sales_ready" and region in ("EU", "UK") and label.status is Status.MATCHED

    known = _first(found, sales_ready_in_europe)
    _decide(shown, pack, known, "slack", "a rep, in Slack: “Should I call them today?”")


def _is_bank(known: Known) -> bool:
    return known.values.get("industry") == "financial_services" and known.values.get("country") == "US"


def _first(found: list[Found], wanted: Callable[[Known, Label, Facts], bool]) -> Known:
    return next(
        known for known, label, facts in found if wanted(known, label, facts) and known.account.domain
    )


def _decide(shown: _Shown, pack: Pack, known: Known, surface: str, asked: str, **about: Any) -> None:
    snapshot = take_snapshot(
        [pack], known.account, surface, NOW, account_facts=known.values, believed=known.believed, **about
    )
    decide(snapshot)  # the first of a process compiles its explanations: show what the next ones cost
    shown.decision(decide(snapshot, with_flip=True), pack, asked)
