"""`segue slack`: what an operator needs to set the Slack app up."""

from __future__ import annotations

from typing import Annotated

import typer

from segue.api.slack.manifest import manifest


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    slack = typer.Typer(
        no_args_is_help=True, help="Print the manifest of the Slack app, filled in for this service."
    )
    slack.callback()(_group)
    slack.command("manifest")(print_manifest)
    app.add_typer(slack, name="slack")


def print_manifest(
    url: Annotated[
        str | None, typer.Option(help="The address at which Slack reaches this service, with https.")
    ] = None,
) -> None:
    """Print the manifest that Slack makes the app from, as YAML."""
    typer.echo(manifest(url), nl=False)


def _group() -> None:
    """Keep the command a group of one."""
