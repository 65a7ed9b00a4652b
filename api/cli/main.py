"""The `segue` command: where it starts, and how every fault becomes one clear line."""

from __future__ import annotations

import io
import signal
import sys
import traceback
from typing import Annotated

import typer

from segue.api.cli.commands import Commands
from segue.api.cli.console import fail
from segue.core.errors import SegueError

app = typer.Typer(
    cls=Commands,
    name="segue",
    help="Account segmentation, plays and policy for B2B go-to-market teams.",
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"segue {version_of('segue')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), nl=False)
        raise typer.Exit(2)


def run() -> None:
    """Run the command line.

    Faults in what the user gave end in one line and exit code 1, wrong usage in 2, an interruption in
    130. What reads the output may stop at any time: the process then ends as every other does.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code: object = 1
    try:
        code = app(standalone_mode=False)
    except SegueError as error:
        fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted", code=130)
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except Exception as error:
        _fail_otherwise(error)
    if code == 130:
        fail("interrupted", code)
    raise SystemExit(code if isinstance(code, int) else 0)


def _fail_otherwise(error: Exception) -> None:
    """Fail for wrong usage, which typer words and whose class moved between its versions, or for a defect."""
    words = getattr(error, "format_message", None)
    if words is not None:
        message = words().removesuffix(".").replace(": Value error, ", ": ")
        message = message.replace(". Did you mean", "; did you mean")
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "segue"
        fail(f"{message[:1].lower()}{message[1:]} (see {path} --help)", getattr(error, "exit_code", 2))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{frame.filename}:{frame.lineno}"
    fail(f"a defect of Segue, please report it: {type(error).__name__}: {error} ({at})", code=70)
