"""Which accounts another deployment would label differently: every stored account, by both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from segue.accounts.stored import known_traits
from segue.core.database import Database
from segue.policies.classifier import segment_of
from segue.policies.facts import Facts, take_facts
from segue.policies.pack import Pack

_SHOWN = 100
"""Accounts that are named."""


@dataclass(slots=True)
class Moves:
    """What changes hands between two sets of packs."""

    accounts: int = 0
    """Accounts that were labelled."""
    moved: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(pack, from, to) to accounts; `from` or `to` is empty for a pack that comes or goes."""
    examples: list[dict[str, str | None]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return them as plain JSON, the largest first."""
        return {
            "accounts": self.accounts,
            "moved": [
                {"pack": pack, "from": before or None, "to": after or None, "accounts": count}
                for (pack, before, after), count in self.moved.most_common()
            ],
            "examples": self.examples,
        }


async def what_moves(database: Database, before: Sequence[Pack], after: Sequence[Pack]) -> Moves:
    """Label every stored account by both sets of packs, as they would be now, and return who moves."""
    found = Moves()
    now = datetime.now(UTC)
    names = list(dict.fromkeys(pack.name for pack in (*before, *after)))
    async with database.transaction() as connection, connection.cursor("moves") as cursor:
        await cursor.execute(
            "SELECT account_id, domain, name, traits FROM segue.accounts WHERE alias_of IS NULL"
        )
        async for account_id, domain, name, traits in cursor:
            found.accounts += 1
            old, new = labels_of(traits, before, now), labels_of(traits, after, now)
            for pack in names:
                if old.get(pack) != new.get(pack):
                    found.moved[pack, old.get(pack, ""), new.get(pack, "")] += 1
                    if len(found.examples) < _SHOWN:
                        found.examples.append(
                            {"account": account_id, "domain": domain, "name": name, "pack": pack,
                             "from": old.get(pack), "to": new.get(pack)}
                        )  # fmt: skip
    return found


def labels_of(traits: Any, packs: Sequence[Pack], now: datetime) -> dict[str, str]:
    """Return the segment of an account in each pack, without reasons."""
    labels: dict[str, str] = {}
    for pack in packs:
        known = known_traits(traits, pack, now)
        earlier = {
            f"{name}.segment": label for name, label in labels.items() if f"{name}.segment" in pack.schema
        }
        facts: Facts = take_facts(pack, {**known.values, **earlier}, now, believed=known.believed)
        labels[pack.name] = segment_of(pack, facts)[0].name
    return labels
