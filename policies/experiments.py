"""Who is in which arm of what is tried: a holdout of each pack, and tests between plays of a segment.

Pure and deterministic: the arm follows from the experiment's name and the account's id, or that of the visitor
where no account is known, so that an account keeps its arm on every surface and replica without a record of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from segue.policies.models.segment import Experiment, Segment

HOLDOUT = "holdout"
"""The arm that gets what everybody gets whom nobody knows; also the name of every pack's holdout."""
TREATMENT = "treatment"
"""The other arm of a holdout."""
EXPERIMENTS = "experiments"
"""The kill switch of holdouts and tests: held back, everybody gets the treatment."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The arm that was drawn, and how likely that was."""

    experiment: str
    arm: str
    share: float

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"name": self.experiment, "arm": self.arm, "share": self.share}


def uniform(name: str, unit: str) -> float:
    """Return a number from 0 up to 1 for an experiment and a unit: even over units, independent between names."""
    digest = hashlib.sha256(f"{name}\x00{unit}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def holdout_draw(pack: str, segment: Segment, unit: str) -> Draw | None:
    """Return whether a unit is held out of a segment's treatment; None where the policy holds nobody out.

    One number of the pack decides for all its segments, so that who is held out stays so when its label
    changes, wherever as large a share is held out.
    """
    share = segment.measure.holdout if segment.measure is not None else 0.0
    if share <= 0:
        return None
    if uniform(f"{pack}.{HOLDOUT}", unit) < share:
        return Draw(HOLDOUT, HOLDOUT, share)
    return Draw(HOLDOUT, TREATMENT, round(1 - share, 6))


def experiment_on(segment: Segment, surface: str | None, today: date) -> Experiment | None:
    """Return the test that runs on a surface of a segment on a day: the first that is declared."""
    return next(
        (
            each
            for each in segment.experiments
            if each.surface == surface and (each.until is None or today < each.until)
        ),
        None,
    )


def arm_draw(
    pack: str, experiment: Experiment, permitted: Collection[str], story: str | None, unit: str
) -> Draw | None:
    """Return the arm of a unit; None where it cannot get every arm, and so would be compared with others who can.

    `permitted` are the plays that may be done now, and `story` is the play that the account's lease began with.
    A lease that began with the unit's own arm excludes the others and nothing else: it takes nobody out of
    the test. Any other takes the account out whichever its arm, so that the arms stay alike.
    """
    left = uniform(f"{pack}.{experiment.experiment}", unit)
    *others, last = experiment.arms
    arm = last
    for play in others:
        left -= experiment.arms[play]
        if left < 0:
            arm = play
            break
    takes_part = arm in permitted if story == arm else all(play in permitted for play in experiment.arms)
    return Draw(experiment.experiment, arm, experiment.arms[arm]) if takes_part else None
