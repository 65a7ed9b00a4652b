"""Traits as packs declare them, and files made in a test's own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue.policies.models.traits import Layer, Scope, Trait

FIRM = Layer.FIRMOGRAPHIC


@pytest.fixture
def traits() -> dict[str, Trait]:
    """The common account traits, with a derived one and one of a contact among them."""
    return {
        "industry": Trait(
            type="text",
            layer=FIRM,
            values={
                "healthcare": ["Hospitals", "Health Care"],
                "software": ["Software", "SaaS"],
                "financial_services": ["Banking", "Banks"],
            },
        ),
        "employees": Trait(type="integer", layer=FIRM, unit="people"),
        "annual_revenue": Trait(type="number", layer=FIRM, unit="USD"),
        "country": Trait(type="text", layer=FIRM),
        "founded_year": Trait(type="integer", layer=FIRM, unit="year"),
        "tech": Trait(type="text[]", layer=Layer.TECHNOGRAPHIC, title="Tech Stack"),
        "is_customer": Trait(type="boolean", layer=Layer.CONTEXTUAL, absent=False),
        "has_open_opportunity": Trait(type="boolean", layer=Layer.CONTEXTUAL, absent=False),
        "renewal_at": Trait(type="timestamp", layer=Layer.CONTEXTUAL, title="Renewal date"),
        "fit": Trait(type="number", sql="employees / 10"),
        "persona": Trait(type="text", scope=Scope.CONTACT, layer=Layer.CONTEXTUAL),
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file of a name and content, and return its path."""

    def _write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return _write
