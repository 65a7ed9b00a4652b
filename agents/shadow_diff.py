"""Where shadow decisions and the live ones of the same calls disagree, and where another tool does."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.accounts.domains import read_domain
from segue.agents.replay import Period
from segue.core.database import Connection
from segue.core.errors import InputError, Place

Json = dict[str, Any]
COMPARED = ("segment", "status", "play", "rep")
_LONGEST = 500_000
"""Rows of a file that are compared."""


@dataclass(slots=True)
class ShadowDiff:
    """Decisions that were compared, and every disagreement."""

    compared: int = 0
    alone: int = 0
    """Shadow decisions without a live one to compare with, or accounts of a file that were not decided."""
    disagreements: list[Json] = field(default_factory=list)

    def moved(self, what: str) -> Counter[tuple[Any, Any]]:
        """Return (theirs, the shadow's) of one compared thing to how often."""
        return Counter(
            (each["beside"][what], each["shadow"][what])
            for each in self.disagreements
            if what in each["differs"]
        )

    def to_json(self) -> Json:
        """Return it as plain JSON."""
        return {
            "compared": self.compared,
            "alone": self.alone,
            "disagreements": len(self.disagreements),
            "moved": {
                what: [
                    {"beside": a, "shadow": b, "decisions": n} for (a, b), n in self.moved(what).most_common()
                ]
                for what in COMPARED
            },
            "each": self.disagreements,
        }


async def shadow_diff(connection: Connection, period: Period) -> ShadowDiff:
    """Compare each shadow decision of a period with the live one beside it, within a transaction.

    Where the live call was decided by another pack, only the label in the shadow's pack is compared.
    """
    found = ShadowDiff()
    where, parameters = period.where()
    async with connection.cursor("shadows") as cursor:
        await cursor.execute(
            "SELECT shadow.decision_id::text, live.answer, shadow.answer"  # noqa: S608
            f" FROM (SELECT * FROM segue.decisions WHERE shadow AND {where}) AS shadow"
            " LEFT JOIN segue.decisions AS live ON live.decision_id = shadow.beside"
            " ORDER BY shadow.decision_id",
            parameters,
        )
        async for decision_id, live, shadow in cursor:
            pack = shadow["pack"]
            if live is None or pack not in live["labels"]:
                found.alone += 1
                continue
            found.compared += 1
            names = COMPARED if live["pack"] == pack else ("segment", "status")
            sides = _said(live, pack), _said(shadow, pack)
            differs = [name for name in names if sides[0][name] != sides[1][name]]
            if differs:
                found.disagreements.append(
                    {"decision_id": decision_id, "beside_id": live["decision_id"],
                     "decided_at": shadow["decided_at"], **_account(shadow), "pack": pack,
                     "surface": shadow["surface"], "differs": differs,
                     "beside": sides[0] | {"why_not": _excluded(live, sides[1]["play"])},
                     "shadow": sides[1] | {"why_not": _excluded(shadow, sides[0]["play"])}}
                )  # fmt: skip
    return found


async def against_file(connection: Connection, period: Period, path: Path, *, live: bool) -> ShadowDiff:
    """Compare what another tool decided with the newest decision of each account, within a transaction.

    The file has a column `account` (an id or a domain), and `play`, `segment` or both; with a column
    `surface` the newest decision there counts. An empty cell is not compared. `live` takes the live
    decisions in place of the shadows'.

    Raises:
        InputError: the file cannot be read or lacks a column.
    """
    rows = _rows(path)
    where, parameters = period.where()
    newest: dict[tuple[str, str | None], Json] = {}
    async with connection.cursor("decided") as cursor:
        await cursor.execute(
            "SELECT account_id, domain, answer FROM segue.decisions"  # noqa: S608
            f" WHERE shadow = %(shadow)s AND {where} AND (account_id = ANY(%(keys)s) OR domain = ANY(%(keys)s))"
            " ORDER BY decision_id",
            {**parameters, "shadow": not live, "keys": sorted({row["account"] for row in rows})},
        )
        async for account_id, domain, answer in cursor:
            for key in (account_id, domain):
                if key is not None:
                    newest[key, None] = newest[key, answer["surface"]] = answer
    found = ShadowDiff()
    for row in rows:
        decided = newest.get((row["account"], row.get("surface") or None))
        if decided is None:
            found.alone += 1
            continue
        found.compared += 1
        own = _said(decided, decided["pack"])
        differs = [name for name in ("segment", "play") if row.get(name) and row[name] != own[name]]
        if differs:
            theirs = {name: row.get(name) or None for name in ("segment", "play")}
            found.disagreements.append(
                {"decision_id": decided["decision_id"], "beside_id": None,
                 "decided_at": decided["decided_at"], **_account(decided), "pack": decided["pack"],
                 "surface": decided["surface"], "differs": differs,
                 "beside": {**theirs, "status": None, "rep": None, "because": [], "why_not": None},
                 "shadow": own | {"why_not": _excluded(decided, theirs["play"])}}
            )  # fmt: skip
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = reader.fieldnames or []
            if "account" not in columns or not {"play", "segment"} & set(columns):
                raise InputError(
                    f"expected the columns account and play or segment, found {', '.join(columns) or 'none'}",
                    Place(str(path), 1),
                )
            rows: list[dict[str, str]] = []
            for row in reader:
                if len(rows) >= _LONGEST:
                    raise InputError(f"over {_LONGEST:,} rows", Place(str(path), reader.line_num))
                if None in row or None in row.values():
                    message = f"expected {len(columns)} fields"
                    raise InputError(message, Place(str(path), reader.line_num))
                key = row["account"].strip()
                known = read_domain(key).domain if "." in key else None
                rows.append({**row, "account": known or key})
            return rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"is no CSV file in UTF-8: {error}", Place(str(path))) from None


def _said(answer: Mapping[str, Any], pack: str) -> Json:
    label = answer["labels"][pack]
    return {
        "segment": label["segment"],
        "status": label["status"],
        "because": label["because"],
        "play": answer["play"]["name"],
        "rep": answer["play"]["owner"]["rep"],
    }


def _excluded(answer: Mapping[str, Any], play: str | None) -> Json | None:
    """Return why a decision did not take a play, or None where it did or its gate never named it."""
    if answer["play"]["name"] == play:
        return None
    return next((dict(each) for each in answer["considered"] if each["play"] == play), None)


def _account(answer: Mapping[str, Any]) -> Json:
    account = answer["account"]
    return {"account": account["id"], "domain": account["domain"], "name": account["name"]}
