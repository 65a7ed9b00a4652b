"""The `segue` command: one module for each group of commands, one clear line for each error."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from segue.api.cli import accounts, decisions, demo, packs, proofs
from segue.api.cli.console import broken_pipe_is_fine, fail
from segue.core.errors import SegueError

app = typer.Typer(
    name="segue",
    help="Account segmentation, plays and policy for B2B go-to-market teams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)

for module in (packs, accounts, decisions, proofs, demo):
    module.register(app)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"segue {version_of('segue')}")
        raise typer.Exit


def run() -> None:
    """Run the command line. Faults in what the user gave end in one line and exit code 1, or 2 for usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with broken_pipe_is_fine():
            app()
    except SegueError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted", code=130)
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
