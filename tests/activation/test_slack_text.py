"""Links in messages of Slack: of the web alone, and nothing in an address ends one early."""

from __future__ import annotations

import pytest

from segue.activation.connectors.slack_text import link


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/x><!channel>",
        "https://example.com/x|Free<@U1>",
        "https://example.com/<https://evil.example|click>",
        "https://example.com/\u202e`*_~",
    ],
)
def test_an_address_is_one_link_whatever_is_in_it(address: str) -> None:
    found = link(address, "Proof <!here>")
    inside = found[1:-1]
    assert found.startswith("<https://example.com/") and found.endswith("|Proof &lt;!here&gt;>")
    assert "<" not in inside and ">" not in inside and inside.count("|") == 1


def test_what_is_no_address_is_words() -> None:
    assert link("javascript:alert(1)", "Proof <b>") == "Proof &lt;b&gt;"
