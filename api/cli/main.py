"""The `segue` command: where it starts, and how every fault becomes one clear line."""

from __future__ import annotations

import io
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from segue.api.cli.commands import Commands
from segue.api.cli.console import print_error
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; without arguments, those of the process.

    Faults in what the user gave are one line on standard error and 1, wrong usage is 2, an
    interruption 130, and a defect of Segue 70.
    """
    try:
        code = app(arguments, prog_name="segue", standalone_mode=False)
        sys.stdout.flush()
    except SegueError as error:
        return _failed(str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _failed("interrupted", 130)
    except OSError as error:
        reason = error.strerror or str(error)
        return _failed(f"{error.filename}: {reason}" if error.filename else reason)
    except Exception as error:
        return _failed_otherwise(error)
    if code == 130:
        return _failed("interrupted", 130)
    return code if isinstance(code, int) else 0


def run() -> None:
    """Run the command line as a process, which ends as every other does when its output is read no more."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    raise SystemExit(main())


def _failed(message: str, code: int = 1) -> int:
    print_error(message)
    return code


def _failed_otherwise(error: Exception) -> int:
    """Fail for wrong usage, which typer words and whose class moved between its versions, or for a defect."""
    words = getattr(error, "format_message", None)
    if words is not None:
        message = words().removesuffix(".").replace(": Value error, ", ": ")
        message = message.replace(". Did you mean", "; did you mean")
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "segue"
        help_line = f"{message[:1].lower()}{message[1:]} (see {path} --help)"
        return _failed(help_line, getattr(error, "exit_code", 2))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error} ({frame.filename}:{frame.lineno})"
    return _failed(f"a defect of Segue, please report it: {what}", 70)
