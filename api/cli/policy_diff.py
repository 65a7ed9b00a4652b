"""`segue policies diff`: what a change of policy does, and the limits that stop it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from segue.agents.pack_chains import REVISION, Chain, chains_to_compare
from segue.agents.policy_comparison import Wanted, compare_policies
from segue.agents.policy_diff import Limits, PolicyDiff
from segue.api.cli.console import OUT, print_json
from segue.api.cli.database import with_database_url
from segue.api.cli.options import JsonOption, NowOption
from segue.api.cli.policy_diff_markdown import markdown_of
from segue.api.cli.progress import Bar
from segue.api.cli.show_policy_diff import show_diff
from segue.core.database import open_database
from segue.policies.files import revision_of

Revisions = tuple[str, str]


def read_limit(text: str) -> int | float:
    """Read `12`, a number of accounts, or `2.5%`, a share of them.

    Raises:
        BadParameter: it is neither.
    """
    try:
        found = float(text[:-1]) / 100 if text.endswith("%") else int(text)
    except ValueError:
        found = -1
    if found < 0 or (isinstance(found, float) and not found <= 1):
        raise typer.BadParameter(
            f"expected a number of accounts such as 12, or a share such as 2.5%, found {text!r}"
        )
    return found


def diff(
    packs: Annotated[
        list[str],
        typer.Argument(
            metavar="[A] B", help="Folders, packs that ship or stored revisions. Without A, what is active."
        ),
    ],
    accounts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An account file, in place of the accounts of the store."),
    ] = None,
    after: Annotated[
        list[str],
        typer.Option(metavar="PACK", help="A pack that comes before both, where nothing is active."),
    ] = [],  # noqa: B006 - typer copies it
    decisions: Annotated[
        int | None,
        typer.Option(min=0, help="How many logged decisions, the newest. 10,000; none with --accounts."),
    ] = None,
    now: NowOption = None,
    max_moved: Annotated[
        str | None, typer.Option(metavar="N|N%", help="Fail when more accounts move.")
    ] = None,
    max_suppressed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Fail when more accounts are newly suppressed.")
    ] = None,
    fail_on_new_suppression: Annotated[
        bool, typer.Option("--fail-on-new-suppression", help="Fail when any account is newly suppressed.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for the comment on a pull request.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say who moves where and why, which plays change, whose load does, and who is newly suppressed."""
    if len(packs) > 2:
        raise typer.BadParameter(f"expected one or two packs, found {len(packs)}")
    if markdown and as_json:
        raise typer.BadParameter("expected one of --markdown and --json")
    limits = _limits(max_moved, 0 if fail_on_new_suppression else max_suppressed)
    wanted = Wanted(now or datetime.now(UTC), accounts, None, _decisions(decisions, accounts))
    before = packs[0] if len(packs) == 2 else None
    if accounts is None or wanted.decisions or before is None or any(p.startswith(REVISION) for p in packs):
        found, names = with_database_url(lambda url: _compared(before, packs[-1], after, wanted, url))
    else:
        found, names = _compared(before, packs[-1], after, wanted, None)
    broken = limits.broken(found)
    if as_json:
        print_json({"before": names[0], "after": names[1], **found.to_json(), "limits_broken": broken})
    elif markdown:
        typer.echo(markdown_of(found, names, broken), nl=False)
    else:
        show_diff(found, names)
        for line in broken:
            OUT.print(Text.assemble(("✗ ", "bad"), f"over a limit: {line}"))
    if broken:
        raise typer.Exit(1)


def _limits(moved: str | None, suppressed: int | None) -> Limits:
    found = None if moved is None else read_limit(moved)
    share = found if isinstance(found, float) else None
    return Limits(found if isinstance(found, int) else None, share, suppressed)


def _decisions(asked: int | None, accounts: Path | None) -> int:
    if asked is not None:
        return asked
    return 10_000 if accounts is None else 0


def _compared(
    before: str | None, after: str, others: list[str], wanted: Wanted, url: str | None
) -> tuple[PolicyDiff, Revisions]:
    first, second = asyncio.run(_chains(url, before, after, others))
    wanted = Wanted(wanted.now, wanted.accounts, url, wanted.decisions)
    with Bar("comparing") as bar:
        found = compare_policies(first, second, wanted, bar.at)
    return found, (_named(first, second), _named(second, first))


async def _chains(url: str | None, before: str | None, after: str, others: list[str]) -> tuple[Chain, Chain]:
    if url is None:
        return await chains_to_compare(None, before, after, others)
    async with open_database(url, 2) as database, database.connection() as connection:
        return await chains_to_compare(connection, before, after, others)


def _named(chain: Chain, other: Chain) -> str:
    """Return the packs of a chain that the other does not have, by name and revision."""
    revisions = {revision_of(each.files) for each in other}
    own = [each for each in chain if revision_of(each.files) not in revisions] or chain[-1:]
    return ", ".join(f"{each.name} {revision_of(each.files)[:14]}" for each in own) or "nothing"
