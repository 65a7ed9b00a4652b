"""Every setting is in the README's table."""

from __future__ import annotations

import re
from pathlib import Path

from segue.core.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_readme_lists_exactly_the_settings_there_are() -> None:
    table = (ROOT / "README.md").read_text("utf-8").split("## Settings")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    prefix = Settings.model_config["env_prefix"]
    assert listed == {f"{prefix}{name}".upper() for name in Settings.model_fields}


def test_the_default_in_the_readme_is_the_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        assert f"| `SEGUE_{name.upper()}` | `{field.default}` |" in readme
