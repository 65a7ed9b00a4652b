"""`segue decide` and `segue explain`: one account, one decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from segue.accounts.domains import read_domain
from segue.accounts.known import Known, known_account
from segue.accounts.readings import Fault
from segue.agents.decide import decide as run_decision
from segue.agents.snapshot import Snapshot, take_snapshot
from segue.api.cli.console import OUT, print_json, print_note
from segue.api.cli.facts import read_facts, read_facts_file
from segue.api.cli.loading import load_packs
from segue.api.cli.options import JsonOption, NowOption, PackOption, instant
from segue.api.cli.show_decision import decision_panel
from segue.api.cli.show_known import notes_on
from segue.api.cli.show_label import explanation_json, explanation_panel
from segue.core.errors import InputError
from segue.core.settings import settings
from segue.policies.facts import Account
from segue.policies.models.pack import Surface
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack

AccountArgument = Annotated[str, typer.Argument(help="The account's domain or id.")]
FactOption = Annotated[
    list[str],
    typer.Option(
        "--fact", "-f", metavar="TRAIT=VALUE", help="A fact of the account, over what is known of it."
    ),
]
FactsOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="A JSON object of facts of the account; - for standard input."),
]
ContactOption = Annotated[
    list[str], typer.Option("--contact", "-c", metavar="TRAIT=VALUE", help="A fact of the contact.")
]
ContextOption = Annotated[
    list[str], typer.Option("--context", "-x", metavar="TRAIT=VALUE", help="A fact of the request.")
]

_NO_COMPANY = {
    Fault.FREE_MAIL: "a mail service's domain",
    Fault.DISPOSABLE: "a domain of disposable mail",
    Fault.PLATFORM: "a page on a platform",
    Fault.SEVERAL: "several domains",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(decide)
    app.command()(explain)


@dataclass(frozen=True, slots=True)
class _Given:
    """What the options say of an account, for one decision."""

    packs: Sequence[Pack]
    account: str
    now: datetime
    fact: Sequence[str]
    facts: str | None
    contact: Sequence[str] = ()
    context: Sequence[str] = ()

    def snapshot(self, surface: str) -> Snapshot:
        """Return the snapshot: facts given by hand over those imported, which they make believed.

        Raises:
            InputError: what names the account is neither known nor a domain; a fact is refused.
        """
        stated = read_facts(self.fact, self.packs, Scope.ACCOUNT)
        if self.facts is not None:
            stated = read_facts_file(self.facts, self.packs) | stated
        contact = read_facts(self.contact, self.packs, Scope.CONTACT)
        request = read_facts(self.context, self.packs, Scope.REQUEST)
        values: dict[str, Any] = {}
        believed: dict[str, float] = {}
        found: Known | None = None
        for pack in self.packs:
            known = known_account(settings().data_dir, pack, self.account, self.now)
            if known is not None:
                values |= known.values
                believed |= known.believed
                found = known
                for note in notes_on(known, stated):
                    print_note(note)
        account = found.account if found else self._stranger()
        doubts = {name: belief for name, belief in believed.items() if name not in stated}
        return take_snapshot(
            self.packs, account, surface, self.now,
            account_facts=values | stated, contact=contact, request=request, believed=doubts,
        )  # fmt: skip

    def _stranger(self) -> Account:
        """Return an account that was not imported, by its domain, or by an id where it is no domain's text."""
        reading = read_domain(self.account)
        if not self.account.strip():
            raise InputError("name an account by its domain or id")
        if reading.domain is None and any(mark in self.account for mark in ".@/"):
            what = _NO_COMPANY.get(reading.fault or Fault.NOT_A_DOMAIN, "no domain")
            raise InputError(f"{self.account!r} names no account: it is {what}")
        packs = " or ".join(pack.name for pack in self.packs)
        print_note(f"{self.account} is not among the accounts imported for {packs}: decided on what is given")
        return Account(reading.domain or self.account, reading.domain)


def decide(
    account: AccountArgument,
    pack: PackOption,
    surface: Annotated[
        Surface | None,
        typer.Option("--surface", "-s", help="Where the decision shows. The pack's first if left out."),
    ] = None,
    fact: FactOption = [],  # noqa: B006 - typer copies it
    facts: FactsOption = None,
    contact: ContactOption = [],  # noqa: B006
    context: ContextOption = [],  # noqa: B006
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide one account: its label, the play, what was not done and why, and what would change it."""
    packs = load_packs(pack)
    surfaces = packs[-1].file.surfaces
    if surface is not None and surface not in surfaces:
        known = ", ".join(surfaces)
        raise InputError(
            f"--surface: {packs[-1].name} does not decide for {surface}: expected one of {known}"
        )
    given = _Given(packs, account, instant(now), fact, facts, contact, context)
    snapshot = given.snapshot((surface or surfaces[0]).value)
    run_decision(snapshot)  # the first of a process compiles its explanations, which no later one pays for
    decision = run_decision(snapshot, with_flip=True)
    if as_json:
        print_json(decision.to_json())
    else:
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
    snapshot = _Given(packs, account, instant(now), fact, facts).snapshot(packs[-1].file.surfaces[0].value)
    decision = run_decision(snapshot, with_flip=True)
    if as_json:
        print_json(explanation_json(decision, snapshot))
    else:
        OUT.print(explanation_panel(decision, snapshot))
