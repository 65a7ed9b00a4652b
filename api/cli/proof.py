"""`segue proof`: proof points beside the packs': added, approved, expired, listed and searched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.text import Text

from segue.agents.knowledge.proof_files import draft_faults, proof_files, read_drafts
from segue.agents.knowledge.proof_store import Added, ProofChange, add_drafts, approve_proof, expire_proof
from segue.agents.knowledge.stored_proof import ProofDraft
from segue.api.audit import record
from segue.api.cli.artifacts import live
from segue.api.cli.console import ERR, OUT, print_json, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.cli.proof_found import listed, search
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError, Place
from segue.policies.faults import Fault
from segue.policies.models.proof import ProofClaim
from segue.policies.pack import Pack

_HELP = "Add, import, approve, expire, list and search proof points beside those of the packs' files."
_SHOWN = 20
LivePackOption = Annotated[
    str | None, typer.Option("--pack", "-p", metavar="NAME", help="An active pack; needed where several are.")
]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", help="Proof points by their ids.")]
ByOption = Annotated[
    str, typer.Option(metavar="NAME", help="Who does it: the store and the audit keep the name.")
]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    proof = typer.Typer(no_args_is_help=True, help=_HELP)
    for command in (add, approve, expire, search):
        proof.command()(command)
    proof.command("import")(import_files)
    proof.command("list")(listed)
    app.add_typer(proof, name="proof")


def add(
    proof_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, such as soc2_healthcare.")],
    claim: Annotated[str, typer.Option(help="The claim, in one line.")],
    body: Annotated[str, typer.Option(help="Two or three sentences that a reply may quote.")],
    evidence: Annotated[str, typer.Option(metavar="URL", help="Where it is shown to be true: https://...")],
    expires_on: Annotated[
        str, typer.Option(metavar="DAY", help="The first day on which it no longer holds.")
    ],
    by: ByOption,
    tag: Annotated[
        list[str], typer.Option(metavar="NAME=VALUE", help="Whom or what it is for; again for others.")
    ] = [],  # noqa: B006 - typer copies it
    pack: LivePackOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add one proof point as a draft, which nobody is shown until it is approved."""
    tags: dict[str, list[str]] = {}
    for pair in tag:
        name, mark, value = pair.partition("=")
        if not mark or not value:
            raise InputError(f"--tag {pair!r}: expected NAME=VALUE, such as persona=ciso")
        tags.setdefault(name, []).append(value)
    try:
        stated = ProofClaim.model_validate(
            {"id": proof_id, "claim": claim, "evidence": evidence, "expires_on": expires_on, "tags": tags}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(each) for each in first["loc"])
        raise InputError(
            f"{name}: {first['msg'].removeprefix('Value error, ')}, found {first['input']!r}"
        ) from None
    if not body.strip():
        raise InputError("--body: a proof point needs sentences to quote")
    draft = ProofDraft(stated, body.strip(), "segue proof add")

    async def keep(database: Database) -> tuple[str, list[Added]]:
        chosen = await _pack(database, pack)
        faults = draft_faults(draft, lambda _: Place("segue proof add"), chosen)
        if faults:
            raise InputError(faults[0].message)
        return chosen.name, await _added(database, chosen, [draft], _name(by))

    name, found = with_database(keep)
    if as_json:
        print_json({"pack": name, "id": draft.id, "added": found[0].value})
        return
    OUT.print(Text.assemble(("✓ ", "good"), (draft.id, "name"), f" is a draft of {name} ({_said(found[0])})"))
    OUT.print(Text(f"  segue proof approve {draft.id} --pack {name} --by NAME", "dim"))


def import_files(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Files .md or .csv, or folders of them.")
    ],
    by: ByOption,
    approve: Annotated[bool, typer.Option("--approve", help="Approve what is new at once.")] = False,
    pack: LivePackOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add proof points from Markdown, as packs have it, and CSV: good ones become drafts, bad ones are reported."""
    who = _name(by)

    async def keep(database: Database) -> tuple[str, list[tuple[str, Added]], list[Fault], list[str]]:
        chosen = await _pack(database, pack)
        read = read_drafts(proof_files(paths), chosen)
        added = await _added(database, chosen, read.drafts, who, approve=approve)
        ids = [each.id for each in read.drafts]
        return chosen.name, list(zip(ids, added, strict=True)), read.faults, read.notes

    name, added, faults, notes = with_database(keep)
    if as_json:
        rows = [{"place": str(each.place), "message": each.message} for each in faults]
        print_json(
            {
                "pack": name,
                "added": {each: what.value for each, what in added},
                "faults": rows,
                "notes": notes,
            }
        )
    else:
        _show_import(name, added, faults, notes, approve)
    if faults:
        raise typer.Exit(1)


def approve(ids: IdsArgument, by: ByOption, pack: LivePackOption = None, as_json: JsonOption = False) -> None:
    """Approve drafts: from now on they take part in decisions, on every replica."""

    async def change(database: Database) -> ProofChange:
        chosen, who = await _pack(database, pack), _name(by)
        async with database.transaction() as connection:
            made = await approve_proof(connection, chosen, ids, who, datetime.now(UTC))
            await record(
                database, "cli", "approve_proof", chosen.name, _detail(made, who), connection=connection
            )
        return made

    _show_change(with_database(change), "approved", as_json)


def expire(
    ids: IdsArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option(help="Why it no longer holds.")],
    pack: LivePackOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take proof points out before their day: from now on nobody is shown them."""

    async def change(database: Database) -> ProofChange:
        chosen, who = await _pack(database, pack), _name(by)
        async with database.transaction() as connection:
            made = await expire_proof(connection, chosen, ids, who, reason[:500], datetime.now(UTC))
            detail = _detail(made, who) | {"reason": reason[:500]}
            await record(database, "cli", "expire_proof", chosen.name, detail, connection=connection)
        return made

    _show_change(with_database(change), "expired", as_json)


async def _added(
    database: Database, pack: Pack, drafts: Sequence[ProofDraft], by: str, *, approve: bool = False
) -> list[Added]:
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        found = await add_drafts(connection, pack, drafts, by, now)
        new = [each.id for each, what in zip(drafts, found, strict=True) if what is not Added.UNCHANGED]
        if new:
            await record(
                database, "cli", "add_proof", pack.name, {"ids": new, "by": by}, connection=connection
            )
        if new and approve:
            made = await approve_proof(connection, pack, new, by, now)
            await record(
                database, "cli", "approve_proof", pack.name, _detail(made, by), connection=connection
            )
    return found


async def _pack(database: Database, name: str | None) -> Pack:
    """Return the active pack that is meant."""
    packs = (await live(database)).live
    if name is None and len(packs.packs) > 1:
        raise InputError(f"--pack: several are active: {', '.join(each.name for each in packs.packs)}")
    return packs.up_to(name)[-1]


def _name(by: str) -> str:
    who = by.strip()
    if not who or len(who) > 200 or not who.isprintable():
        raise InputError(f"--by: expected a name of 1 to 200 characters, found {by[:200]!r}")
    return who


def _detail(made: ProofChange, by: str) -> dict[str, object]:
    return {"ids": list(made.ids), "artifact": made.artifact_id, "by": by}


def _said(what: Added) -> str:
    return what.value.replace("_", " ")


def _show_import(
    pack: str, added: list[tuple[str, Added]], faults: list[Fault], notes: list[str], approved: bool
) -> None:
    counts = Counter(what for _, what in added)
    parts = [f"{count} {_said(what)}" for what, count in sorted(counts.items())]
    head = Text.assemble(("✓ ", "good"), (counted(len(added), "proof point"), "name"), f" of {pack}")
    OUT.print(head.append(f": {', '.join(parts)}" if parts else ""))
    for fault in faults[:_SHOWN]:
        ERR.print(Text.assemble(("✗ ", "bad"), shown(str(fault))))
    if len(faults) > _SHOWN:
        ERR.print(Text(f"  and {counted(len(faults) - _SHOWN, 'more fault')}: --json shows all", "dim"))
    for note in notes:
        print_note(note)
    if added and not approved:
        OUT.print(Text(f"  segue proof list --state draft --pack {pack}", "dim"))


def _show_change(made: ProofChange, what: str, as_json: bool) -> None:
    if as_json:
        print_json({"pack": made.pack, what: list(made.ids), "artifact": made.artifact_id})
        return
    head = Text.assemble(("✓ ", "good"), (counted(len(made.ids), "proof point"), "name"), f" {what}")
    if made.artifact_id is not None:
        head.append(f"; {made.pack} reads {made.artifact_id[:19]} from now on")
    OUT.print(head)
