"""The commands there are, each in the module that is imported when it is run.

What a command needs is heavy: DuckDB, sqlglot. `--version`, `--help` and a mistyped name need none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Listed(NamedTuple):
    """A command as `segue --help` lists it."""

    module: str
    """The module in `segue.api.cli` whose `register` adds it."""
    help: str
    """The first sentence of its docstring; a test holds the two equal."""


COMMANDS: dict[str, Listed] = {
    "packs": Listed("packs", "List the packs that ship with Segue."),
    "init": Listed(
        "new_pack", "Copy a pack, with the JSON Schemas that its files name, as the start of your own."
    ),
    "check": Listed(
        "packs", "Load packs, type-check them, lint them and run the tests beside their policies."
    ),
    "import": Listed(
        "accounts",
        "Import a file of accounts: every value typed or reported, duplicates shown, nothing merged.",
    ),
    "decide": Listed(
        "decisions",
        "Decide one account: its label, the play, what was not done and why, and what would change it.",
    ),
    "explain": Listed(
        "decisions",
        "Explain an account's label: every segment in order, clause by clause, and what would change it.",
    ),
    "label": Listed(
        "labelling", "Label every account of a file: its segment and how sure that is, for millions of rows."
    ),
    "audit": Listed(
        "audit",
        "Say per trait what is known and how many labels hang on the gaps, and per segment what it fails.",
    ),
    "eval": Listed(
        "proofs",
        "Check a pack's decisions: its own tests, eval suites, laws that hold for any pack, and mutation.",
    ),
    "sql": Listed("packs", "Print a pack as one SQL query that labels every row of a table."),
    "schemas": Listed("packs", "Write the JSON Schemas of every pack file, generated from the models."),
    "serve": Listed(
        "serving", "Serve decisions over HTTP, from the packs given or those that were active before."
    ),
    "worker": Listed(
        "worker", "Do what changes of label set off, as it comes due: beside the service, or in its stead."
    ),
    "jobs": Listed("jobs", "Show what changes of label set off; try it again; park it."),
    "audience": Listed(
        "audience", "Write an audience as a file: everybody in it, or who joined and left since an instant."
    ),
    "drift": Listed("drift", "Read the tags in the CRM back, and list where they disagree with the labels."),
    "keys": Listed("keys", "Make, list and revoke the keys of callers."),
    "policies": Listed(
        "policies", "List, store, activate and roll back policies, and say what a change of them would do."
    ),
    "artifacts": Listed(
        "artifacts",
        "Make, list, show and activate what the population decides: the cut points of RFM, applied lists.",
    ),
    "tal": Listed(
        "target_accounts", "Propose, apply and show the target account list: who has a seat, in which tier."
    ),
    "proof": Listed(
        "proof",
        "Add, import, approve, expire, list and search proof points beside those of the packs' files.",
    ),
    "pin": Listed("by_hand", "Hold an account's label or owner by hand, with a reason, for some days."),
    "unpin": Listed("by_hand", "Let go of an account's label or owner that is held by hand."),
    "link": Listed(
        "linking",
        "Link by hand: a visitor to a contact or account, a contact to an account, a subsidiary to its parent.",
    ),
    "unlink": Listed(
        "linking", "Part two by hand, whatever linked them: nothing but `segue link` links them again."
    ),
    "switch": Listed(
        "by_hand", "Hold a surface or a play back within seconds, or let it go again: the kill switch."
    ),
    "account": Listed(
        "account",
        "Show a stored account: who it is one with, its labels, its buying committee and what sources say.",
    ),
    "duplicates": Listed("duplicates", "List stored accounts that may be one; merge two of them; undo it."),
    "moved": Listed(
        "moved",
        "Say who moved, from where to where and why, what fired, what was excluded, and what failed to fire.",
    ),
    "experiments": Listed(
        "experiments", "Show what holdouts and tests between plays found so far, and what they could show."
    ),
    "overrides": Listed(
        "overrides",
        "Say which rules sellers overrode by the buttons of their alerts, how often, and with what reasons.",
    ),
    "slack": Listed("slack", "Print the manifest of the Slack app, filled in for this service."),
    "erase": Listed(
        "erasing", "Erase one person from the store, and its files of what was erased: it cannot be undone."
    ),
    "erasures": Listed(
        "erasures",
        "List who asked in a conversation to have their data deleted, until they are erased or the request is closed.",
    ),
    "relabel": Listed(
        "relabel",
        "Label every stored account by the live packs, where the data is, and write the labels that differ.",
    ),
    "db": Listed("db", "Migrate, back up and restore the store, and look at it."),
    "replay": Listed(
        "replay",
        "Make logged decisions again, each under its own revision, and show where the answer differs.",
    ),
    "shadow": Listed("shadow", "Say where shadow decisions, or those of another tool, and Segue's disagree."),
    "demo": Listed(
        "demo",
        "Import two files of sample accounts, let a service decide three times, and tell how one account moves.",
    ),
}


def load_command(name: str) -> Any:
    """Import the module of a command and return the command, ready to run."""
    app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    import_module(f"segue.api.cli.{COMMANDS[name].module}").register(app)
    return typer.main.get_group(app).commands[name]


class ListedCommand(TyperCommand):
    """A command that is imported when it is run."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the real command, which is then what runs."""
        assert self.name is not None
        return load_command(self.name).make_context(info_name, args, parent, **extra)


class Commands(TyperGroup):
    """All commands, none of them imported."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, listed in COMMANDS.items():
            self.add_command(ListedCommand(name, help=listed.help))
