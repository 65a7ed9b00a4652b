"""`segue proof list` and `segue proof search`: what there is, and what answers a question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from segue.agents.knowledge.embedding import open_embedder
from segue.agents.knowledge.opening import open_knowledge
from segue.agents.knowledge.proof_rows import newest_versions, stored_proof_points
from segue.agents.knowledge.search import ProofSearch
from segue.agents.knowledge.stored_proof import ProofState
from segue.agents.snapshot import take_snapshot
from segue.agents.steps import Progress, label_step
from segue.api.cli.artifacts import live
from segue.api.cli.console import OUT, print_json, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.decisions import ContactOption, ContextOption, FactOption
from segue.api.cli.facts import read_facts
from segue.api.cli.options import JsonOption
from segue.core.database import Database
from segue.core.settings import settings
from segue.policies.facts import Account
from segue.policies.models.pack import Surface
from segue.policies.models.proof import ProofPoint
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.proof import valid_proof
from segue.policies.situation import Situation

SomePackOption = Annotated[
    str | None, typer.Option("--pack", "-p", metavar="NAME", help="An active pack; the last, if left out.")
]


def listed(
    pack: Annotated[
        str | None, typer.Option("--pack", "-p", metavar="NAME", help="Of this pack only.")
    ] = None,
    state: Annotated[ProofState | None, typer.Option(help="In this state only.")] = None,
    versions: Annotated[
        bool, typer.Option("--versions", help="Every version, not the newest alone.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List proof points: those of the active packs' files, and those of the store with who did what to them."""
    today = datetime.now(UTC).date()

    async def read(database: Database) -> list[dict[str, Any]]:
        packs = (await live(database)).live
        rows = [
            _own(each, found, today)
            for each in (packs.up_to(pack)[-1:] if pack else packs.packs)
            for found in each.proof.values()
        ]
        async with database.connection() as connection:
            stored = await (stored_proof_points if versions else newest_versions)(connection, pack)
        rows += [
            {"source": "store", "file": each.source, **_without_source(each.to_json(today))}
            for each in stored
        ]
        return [row for row in rows if state is None or row["state"] == state.value]

    found = with_database(read)
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("pack", "proof point", "from", "state", "until", "by"):
        table.add_column(heading, overflow="fold")
    for row in found:
        by = row["expired_by"] or row["approved_by"] or row["added_by"] or ""
        style = {"approved": "good", "draft": "warn"}.get(row["state"], "dim")
        name = row["id"] if row["version"] in (None, 1) else f"{row['id']} v{row['version']}"
        table.add_row(
            row["pack"], Text(name, "label"), row["source"], Text(row["state"], style), row["expires_on"], shown(by),
        )  # fmt: skip
    OUT.print(table)


def search(
    query: Annotated[str, typer.Argument(help="What a buyer asks, in their words.")],
    fact: FactOption = [],  # noqa: B006 - typer copies it
    contact: ContactOption = [],  # noqa: B006
    context: ContextOption = [],  # noqa: B006
    at_most: Annotated[int, typer.Option(min=1, max=50, help="How many to show.")] = 3,
    pack: SomePackOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the proof points that answer a question, among those that policy permits for the account described."""

    async def find(database: Database) -> tuple[str, ProofSearch]:
        policies = await live(database)
        packs = policies.live.up_to(pack)
        situation = _situation(packs, fact, contact, context) if fact or contact or context else None
        permitted = situation.all_proof if situation else valid_proof(packs[-1], datetime.now(UTC).date())
        embedder = open_embedder(settings())
        knowledge = open_knowledge(settings(), embedder, database, policies)
        try:
            await knowledge.prepare(packs[-1])
            found = await knowledge.search(packs[-1], permitted, query, at_most)
        finally:
            await knowledge.close()
            await embedder.aclose()
        segment = f"permitted in {situation.label.segment}" if situation else "approved, for whomever"
        return f"{len(permitted)} of {packs[-1].name} are {segment}", found

    among, found = with_database(find)
    if as_json:
        print_json(found.to_json())
        return
    _show(among, found)


def _situation(
    packs: Sequence[Pack], fact: Sequence[str], contact: Sequence[str], context: Sequence[str]
) -> Situation:
    """Return what policy makes of an account that is described by facts."""
    snapshot = take_snapshot(
        packs, Account("search"), Surface.CHAT.value, datetime.now(UTC),
        account_facts=read_facts(fact, packs, Scope.ACCOUNT), contact=read_facts(contact, packs, Scope.CONTACT),
        request=read_facts(context, packs, Scope.REQUEST),
    )  # fmt: skip
    found: Situation = label_step(Progress(snapshot))["situation"]
    return found


def _show(among: str, found: ProofSearch) -> None:
    OUT.print(Text(among, "dim"))
    for each in found.found:
        score = "" if each.score is None else f"{each.score:.2f}  "
        OUT.print(Text.assemble((score, "value"), (each.point.id, "label"), f"  {shown(each.point.claim)}"))
        OUT.print(
            Text(
                f"      {each.source.value}, until {each.point.expires_on}, {shown(each.point.evidence)}",
                "dim",
            )
        )
    if found.reason is not None:
        print_note(f"ranked by policy, not by meaning: {found.reason.value}")


def _own(pack: Pack, found: ProofPoint, today: Any) -> dict[str, Any]:
    """Return a proof point of a pack's file as those of the store are shown."""
    state = ProofState.APPROVED if found.approved_on <= today < found.expires_on else ProofState.EXPIRED
    if today < found.approved_on:
        state = ProofState.DRAFT
    return {
        "source": "pack", "file": f"proof/{found.id}.md", "pack": pack.name, "id": found.id, "claim": found.claim,
        "body": found.body, "tags": found.tags, "evidence": found.evidence,
        "expires_on": found.expires_on.isoformat(), "example": found.example, "version": None, "state": state.value,
        "added_by": None, "added_at": None, "approved_by": found.approved_by, "approved_at": found.approved_on,
        "expired_by": None, "expired_at": None, "reason": None,
    }  # fmt: skip


def _without_source(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "source"}
