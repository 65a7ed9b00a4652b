"""What was decided for a pack outside its files: dated, immutable, named by its content.

Cut points and lists are worked out from every account at one instant, stored, and then used by their id, so
that a decision that was made with them can be made again. Proof points that were approved in the store are kept
the same way, and for the same reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson


class ArtifactKind(StrEnum):
    """What an artifact holds."""

    CUT_POINTS = "cut_points"
    """Of a trait `rfm`: where its quantiles are cut."""
    TARGET_ACCOUNTS = "target_accounts"
    """Of a trait `rank`: who has a seat, in which tier."""
    PROOF_POINTS = "proof_points"
    """Of no trait, in the slot `PROOF_SLOT`: the proof points that the store adds to the pack's own."""
    ANSWERS = "answers"
    """Of no trait, in the slot `ANSWERS_SLOT`: how what can be asked for lies in the population."""


PROOF_SLOT = "proof/"
"""Where proof points stand among the traits of a pack's artifacts; no trait can have this name."""
ANSWERS_SLOT = "answers/"
"""Where the distribution of answers stands, likewise."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact. `id` is the hash of all the rest."""

    id: str
    kind: ArtifactKind
    pack: str
    trait: str
    as_of: datetime
    """The instant of the population that it was made from; of proof points, when they were changed."""
    body: Mapping[str, Any]
    """Plain JSON. Cut points: `definition`, `accounts`, `recency` (seconds), `frequency` (days), `monetary`.
    A list: `supersedes`, `eligible`, `seats` as [account, tier, rank, score]. Proof points: `points`, each as in
    a file of the pack, with its `body`. Answers: `traits`, and `accounts` as their values and a count."""


def artifact_of(
    kind: ArtifactKind, pack: str, trait: str, as_of: datetime, body: Mapping[str, Any]
) -> Artifact:
    """Return an artifact under the hash of its content. `as_of` has an instant."""
    instant = as_of.astimezone(UTC)
    content = [kind.value, pack, trait, instant.isoformat(), dict(body)]
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Artifact(f"sha256:{digest}", kind, pack, trait, instant, dict(body))
