"""`segue demo`: two files of accounts, three decisions of a running service, and the story of one account."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from segue.accounts.book import AccountBook
from segue.accounts.import_report import ImportReport
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.known import Known, account_file, as_known
from segue.agents.decision_reading import decision_of
from segue.api.cli.console import OUT, json_text, print_json
from segue.api.cli.demo_folder import FOUND, new_folder, where_next
from segue.api.cli.options import JsonOption
from segue.api.cli.population import Population, population_view
from segue.api.cli.show_decision import decision_panel
from segue.api.cli.show_import import import_summary
from segue.api.cli.show_story import chapter_view, introduction
from segue.evals.samples.listed_companies import write_listed_companies
from segue.evals.samples.salesforce_export import FILE_NAME, write_salesforce_export
from segue.evals.served import Served, served
from segue.evals.story.systems import Systems
from segue.evals.story.telling import tell
from segue.policies.classifier import Label, Status
from segue.policies.facts import Facts
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from segue.policies.plain import json_value

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""The demo labels its files as of this instant, so that their tables show the same on every day."""

_PACKS = ("security_maturity", "saas_pipeline")
Found = tuple[Known, Label, Facts]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(demo)


def demo(
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep the database, the account files and what was shown (demo.json) in this folder.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import two files of sample accounts, let a service decide three times, and tell how one account moves."""
    shown = _Shown(as_json)
    shown.say(f"The accounts below are labelled as of {NOW:%A %d %B %Y, %H:%M} UTC, on this machine.")
    with ExitStack() as stack:
        if keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segue-demo-")))
        else:
            folder = new_folder(keep)
        systems = Systems.started(stack)
        with ThreadPoolExecutor(1) as starting:  # the service comes up while the files are read
            service = starting.submit(
                stack.enter_context, served(_PACKS, folder, settings=systems.settings())
            )
            companies = _listed_companies(folder, shown)
            accounts = _salesforce(folder, shown)
        _decisions(service.result(), companies, accounts, shown)
        _story(service.result(), systems, accounts.pack, shown)
    if keep is not None:
        (keep / FOUND).write_text(json_text(shown.found), "utf-8")
    shown.say(where_next(keep))
    if as_json:
        print_json(shown.found)


def _decisions(service: Served, companies: _Sample, accounts: _Sample, shown: _Shown) -> None:
    shown.heading("Three decisions of the service, asked over HTTP, now")
    for sample in (companies, accounts):
        service.import_file(sample.path, sample.pack.name, sample.source)
    shown.say(
        f"[dim]`segue serve` answers at {service.url}; both files are imported over HTTP, and every"
        " decision is in its log before the answer goes out.[/dim]"
    )
    _website(companies, service, shown)
    _chat(accounts, service, shown)
    _slack(accounts, service, shown)


def _story(service: Served, systems: Systems, pack: Pack, shown: _Shown) -> None:
    shown.heading("An account comes into the market, is worked at once, and cools down by itself")
    shown.found["not_installed"] = systems.missing
    shown.say(Padding(introduction(systems.missing, find_spec("segment") is not None), (0, 0, 1, 0)))
    for chapter in tell(service, systems):
        shown.say(chapter_view(chapter, pack))
        shown.found["story"].append(chapter.to_json())


@dataclass
class _Shown:
    """Prints for people as it goes, or collects for a program."""

    as_json: bool
    found: dict[str, Any] = field(
        default_factory=lambda: {"decided_at": json_value(NOW), "files": [], "decisions": [], "story": []}
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

    def decision(self, answer: Mapping[str, Any], pack: Pack, asked: str) -> None:
        """Show one decision as the service answered it."""
        self.say(decision_panel(decision_of(answer, pack), pack, asked))
        self.say("")
        self.found["decisions"].append({"asked": asked, **answer})


@dataclass(frozen=True, slots=True)
class _Sample:
    """A file of accounts, and what is known of them in its pack."""

    path: Path
    source: str
    pack: Pack
    found: list[Found]


def _listed_companies(folder: Path, shown: _Shown) -> _Sample:
    shown.heading("The listed companies of pytickersymbols, as that package has them")
    path = folder / "listed_companies.csv"
    write_listed_companies(path)
    return _import_and_label(path, "security_maturity", "filings", shown)


def _salesforce(folder: Path, shown: _Shown) -> _Sample:
    shown.heading("A generated Salesforce report of 2,000 accounts, with the usual mess")
    path = folder / FILE_NAME
    write_salesforce_export(path)
    return _import_and_label(path, "saas_pipeline", "crm", shown)


def _import_and_label(path: Path, name: str, source: str, shown: _Shown) -> _Sample:
    pack = load_pack(name)
    target = account_file(path.parent, name)
    target.parent.mkdir(exist_ok=True)
    report = import_accounts(path, target, pack.traits, ImportOptions(source_name=source, imported_at=NOW))
    population, found = Population(pack), []
    with AccountBook(target) as book:
        for record in book:
            if record.duplicate_of is None:
                known = as_known(record, pack, source, NOW)
                found.append((known, *population.add(known, NOW)))
    shown.population(report, population)
    return _Sample(path, source, pack, found)


def _website(companies: _Sample, service: Served, shown: _Shown) -> None:
    known = _first(companies, lambda known, label, _: _is_bank(known) and label.status is Status.PROVISIONAL)
    about = {"context": {"path": "/security"}}
    _ask(shown, service, companies.pack, known, "web", "a visitor opens the page /security", about)


def _chat(accounts: _Sample, service: Served, shown: _Shown) -> None:
    known = _first(
        accounts,
        lambda known, label, _: label.segment == "sales_ready" and known.values.get("country") == "US",
    )
    about = {"contact": {"persona": "ciso", "industry": "healthcare", "seniority": "director"}}
    asked = "a CISO of its healthcare arm, in the chat: “Would you sign a BAA?”"
    _ask(shown, service, accounts.pack, known, "chat", asked, about)


def _slack(accounts: _Sample, service: Served, shown: _Shown) -> None:
    pack = accounts.pack

    def sales_ready_in_europe(_: Known, label: Label, facts: Facts) -> bool:
        region = pack.evaluator.value(pack.definitions["region"], facts.account, NOW)
        return label.segment == "sales_ready" and region in ("EU", "UK") and label.status is Status.MATCHED

    known = _first(accounts, sales_ready_in_europe)
    _ask(shown, service, pack, known, "slack", "a rep, in Slack: “Should I call them today?”", {})


def _is_bank(known: Known) -> bool:
    return known.values.get("industry") == "financial_services" and known.values.get("country") == "US"


def _first(sample: _Sample, wanted: Callable[[Known, Label, Facts], bool]) -> Known:
    return next(
        known for known, label, facts in sample.found if wanted(known, label, facts) and known.account.domain
    )


def _ask(
    shown: _Shown,
    service: Served,
    pack: Pack,
    known: Known,
    surface: str,
    asked: str,
    about: Mapping[str, Any],
) -> None:
    body = {"surface": surface, "account": known.account.id, "pack": pack.name, "explain": "full", **about}
    service.post("/v1/decisions", body | {"dry_run": True})  # the first compiles its explanations
    answer = service.post("/v1/decisions", body)
    shown.decision(answer, pack, asked)
