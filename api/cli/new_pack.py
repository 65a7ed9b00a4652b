"""`segue init`: a complete pack to start from."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from segue.api.cli.console import OUT, print_json, shown
from segue.api.cli.options import JsonOption
from segue.core.errors import InputError, Place
from segue.policies.documents import read_document
from segue.policies.files import SHIPPED, find_pack

_NAME = re.compile(r"^(pack:\s*)[a-z][a-z0-9_]*", re.MULTILINE)
_SCHEMA_LINE = "# yaml-language-server: $schema="
_LEFT = shutil.ignore_patterns("__pycache__", "*.py", ".*")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(init)


def init(
    pack: Annotated[str, typer.Argument(help="A pack by name or folder.")],
    folder: Annotated[Path | None, typer.Argument(help="Where to; ./PACK if left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Copy a pack, with the JSON Schemas that its files name, as the start of your own."""
    source = find_pack(pack)
    target = folder or Path(source.resolve().name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError("is there already, and is not an empty folder", Place(str(target)))
    if source.resolve() in target.resolve().parents:
        raise InputError(f"lies inside the pack that is copied, {source}", Place(str(target)))
    try:
        head = _copy(source, target)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", Place(str(target))) from None
    if as_json:
        print_json({"pack": head["pack"], "title": head["title"], "folder": str(target)})
        return
    OUT.print(Text.assemble(("✓ ", "good"), shown(f"{target}: {head['title']}")))
    OUT.print(Text(f"next: segue check {shlex.quote(str(target))}", "dim"))


def _copy(source: Path, target: Path) -> dict[str, Any]:
    """Copy a pack whole or not at all, named after its folder, and return what its `pack.yaml` holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".segue-init-", dir=target.parent) as workshop:
        made = Path(workshop) / target.name
        shutil.copytree(source, made, ignore=_LEFT)
        shutil.copytree(SHIPPED.parent / "schema", made / ".schema", ignore=_LEFT)
        for file in made.rglob("*.yaml"):
            _point_at_schema(file, made)
        text = (made / "pack.yaml").read_text("utf-8")
        if re.fullmatch("[a-z][a-z0-9_]{0,62}", target.name):
            text = _NAME.sub(rf"\g<1>{target.name}", text, count=1)
            (made / "pack.yaml").write_text(text, "utf-8")
        head = read_document(text.encode(), str(target / "pack.yaml")).data
        if target.exists():
            target.rmdir()
        made.rename(target)
    return dict(head)


def _point_at_schema(file: Path, root: Path) -> None:
    """Make the first line of a file name the schema that is copied with it."""
    first, mark, rest = file.read_text("utf-8").partition("\n")
    if first.startswith(_SCHEMA_LINE):
        up = "../" * (len(file.relative_to(root).parts) - 1)
        file.write_text(f"{_SCHEMA_LINE}{up}.schema/{first.rpartition('/')[2]}{mark}{rest}", "utf-8")
