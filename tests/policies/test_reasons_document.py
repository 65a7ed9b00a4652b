"""Every reason code of the gate is in the document on packs."""

from __future__ import annotations

import re
from pathlib import Path

from segue.policies.findings import Reason

DOCUMENT = (Path(__file__).parents[2] / "docs" / "packs.md").read_text("utf-8")


def test_the_document_lists_exactly_the_reason_codes_there_are() -> None:
    table = DOCUMENT.split("## Reason codes")[1]
    assert re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE) == [reason.value for reason in Reason]
