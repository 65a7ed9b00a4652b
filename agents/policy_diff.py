"""What a change of policy does to accounts and to logged decisions, counted, with names and clauses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from segue.agents.moves import moved_json

Json = dict[str, Any]


@dataclass(slots=True)
class PolicyDiff:
    """What a change does. Parts of a population are added together."""

    accounts: int = 0
    """Accounts that were labelled under both."""
    moved_accounts: int = 0
    """Accounts whose segment is another in some pack."""
    moved: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(pack, from, to) to accounts; `from` or `to` is empty for a pack that comes or goes."""
    statuses: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(pack, segment, from, to) to accounts that stay and whose label becomes more or less sure."""
    plays: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(pack, surface, from, to) to accounts whose play there is another."""
    before: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(pack, who carries plays out) to accounts, of packs that change."""
    after: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(pack, play) to accounts that the play newly takes out of something."""
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    suppressed_accounts: int = 0
    """Accounts for which some suppression begins."""
    changes: list[Json] = field(default_factory=list)
    """Every account that changes, with what does and why, ordered by its id."""
    decisions: int = 0
    """Logged decisions that were made again under both."""
    decisions_left_out: int = 0
    """Logged decisions that could not be: erased, or of a pack that one of them does not have."""
    decision_plays: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(pack, surface, from, to) to logged decisions whose play would be another."""
    decision_changes: list[Json] = field(default_factory=list)
    """Those decisions, ordered by their id."""

    def add(self, other: PolicyDiff) -> None:
        """Take in what another part gave."""
        for name in (
            "accounts", "moved_accounts", "suppressed_accounts", "decisions", "decisions_left_out",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("moved", "statuses", "plays", "before", "after", "begun", "ended", "decision_plays"):
            getattr(self, name).update(getattr(other, name))
        self.changes += other.changes
        self.decision_changes += other.decision_changes

    def finish(self) -> None:
        """Bring what came in parts into its order."""
        self.changes.sort(key=lambda change: str(change["account"]))
        self.decision_changes.sort(key=lambda change: str(change["decision_id"]))

    def loads(self) -> list[Json]:
        """Return who carries out the plays of how many accounts, where that changes, the largest first."""
        found = [
            {"pack": pack, "who": who, "before": self.before[pack, who], "after": self.after[pack, who]}
            for pack, who in dict.fromkeys((*self.before, *self.after))
            if self.before[pack, who] != self.after[pack, who]
        ]
        return sorted(found, key=lambda row: (-max(row["before"], row["after"]), row["who"]))

    def to_json(self) -> Json:
        """Return it as plain JSON."""
        return {
            "accounts": self.accounts,
            "moved_accounts": self.moved_accounts,
            "moved": moved_json(self.moved),
            "statuses": [
                {"pack": pack, "segment": segment, "from": before, "to": after, "accounts": count}
                for (pack, segment, before, after), count in self.statuses.most_common()
            ],
            "plays": _plays_json(self.plays, "accounts"),
            "loads": self.loads(),
            "suppressions": {
                "accounts": self.suppressed_accounts,
                "begin": _counted_json(self.begun),
                "end": _counted_json(self.ended),
            },
            "changes": self.changes,
            "decisions": self.decisions,
            "decisions_left_out": self.decisions_left_out,
            "decision_plays": _plays_json(self.decision_plays, "decisions"),
            "decision_changes": self.decision_changes,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """What a change may do at most; None is no limit."""

    moved: int | None = None
    """Accounts."""
    moved_share: float | None = None
    """Accounts, as a share of all, 0 to 1."""
    suppressed: int | None = None
    """Accounts for which a suppression begins."""

    def broken(self, diff: PolicyDiff) -> list[str]:
        """Return a line for each limit that a change breaks."""
        found = []
        moved, all_of_them = diff.moved_accounts, diff.accounts
        if self.moved is not None and moved > self.moved:
            found.append(f"{moved:,} accounts move, at most {self.moved:,} may")
        if self.moved_share is not None and all_of_them and moved / all_of_them > self.moved_share:
            found.append(
                f"{moved / all_of_them:.2%} of the accounts move, at most {self.moved_share:.2%} may"
            )
        if self.suppressed is not None and diff.suppressed_accounts > self.suppressed:
            found.append(
                f"suppression begins for {diff.suppressed_accounts:,} accounts, at most {self.suppressed:,} may"
            )
        return found


def _plays_json(plays: Counter[tuple[str, str, str, str]], what: str) -> list[Json]:
    return [
        {"pack": pack, "surface": surface, "from": before, "to": after, what: count}
        for (pack, surface, before, after), count in plays.most_common()
    ]


def _counted_json(plays: Counter[tuple[str, str]]) -> list[Json]:
    return [{"pack": pack, "play": play, "accounts": count} for (pack, play), count in plays.most_common()]
