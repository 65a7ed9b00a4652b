"""The accounts of a policy diff that move alike: from one segment to another, by the same clauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class MoveGroup:
    """Accounts that move from one segment to another in one pack."""

    pack: str
    before: str
    after: str
    changes: list[tuple[Json, Json]] = field(default_factory=list)
    """(change of the account, its move), in the order of their ids."""

    def reasons(self) -> list[tuple[list[str], list[str], int]]:
        """Return the clauses that decide it, before and after, with how many accounts, the commonest first."""
        found: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
        for _, move in self.changes:
            sides = move["decided_by"]
            key = tuple(map(clause_words, sides["before"])), tuple(map(clause_words, sides["after"]))
            found[key] = found.get(key, 0) + 1
        rows = sorted(found.items(), key=lambda item: -item[1])
        return [(list(first), list(second), count) for (first, second), count in rows]


def grouped_moves(changes: Iterable[Mapping[str, Any]]) -> list[MoveGroup]:
    """Return the groups, the largest first."""
    found: dict[tuple[str, str, str], MoveGroup] = {}
    for change in changes:
        for move in change["moves"]:
            key = move["pack"], move["from"] or "no label", move["to"] or "no label"
            found.setdefault(key, MoveGroup(*key)).changes.append((dict(change), move))
    return sorted(found.values(), key=lambda group: -len(group.changes))


def clause_words(clause: Mapping[str, Any]) -> str:
    """Return a clause with its verdict in words: `fit >= 70 is false`, also for `NOT fit >= 70` that is true."""
    text, verdict = clause["clause"], clause["verdict"]
    if text.startswith("NOT "):
        text, verdict = text.removeprefix("NOT "), None if verdict is None else not verdict
    return f"{text} is {({True: 'true', False: 'false', None: 'unknown'})[verdict]}"
