"""`segments/<segment>.yaml`: the policy of one segment."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from segue.policies.models.common import Day, Duration, Line, Name, PackModel, PredicateText
from segue.policies.models.pack import Forbid, SurfaceName


class SurfaceTreatment(PackModel):
    """The plays of one surface: what may be picked, and what is done when nothing better is."""

    default: Name
    allow: Annotated[list[Name], Field(min_length=1)] | None = None
    """Without it, the default alone."""

    @property
    def plays(self) -> tuple[str, ...]:
        """Every play named here, the default first, each once."""
        return tuple(dict.fromkeys((self.default, *(self.allow or ()))))


class Rule(PackModel):
    """What this segment forbids, when, and the reason code that says why."""

    forbid: list[Name] | Forbid
    when: PredicateText
    reason: Name

    @model_validator(mode="after")
    def _names_something(self) -> Rule:
        if self.forbid == []:
            raise ValueError("forbid names at least one play")
        return self


class Limit(PackModel):
    """How often the plays may be delivered, together, to one account or contact."""

    plays: Annotated[list[Name], Field(min_length=1)]
    at_most: Annotated[int, Field(ge=1)]
    per: Literal["account", "contact"]
    over: Duration


class Settle(PackModel):
    """How long a label must have held before its consequences happen."""

    enter: Duration = timedelta(0)
    exit: Duration = timedelta(0)


class ProofRule(PackModel):
    """How proof points are picked: by which traits, and how many."""

    match: list[Name] = []
    at_most: Annotated[int, Field(ge=0, le=10)] = 3


class Measure(PackModel):
    """What the treatment is judged by."""

    goal: Name
    within: Duration
    holdout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Experiment(PackModel):
    """A test between plays of one surface: each account gets one of them for as long as it runs."""

    experiment: Name
    surface: SurfaceName
    arms: Annotated[dict[Name, Annotated[float, Field(gt=0, lt=1)]], Field(min_length=2, max_length=10)]
    """Play to its share of the accounts; the shares come to 1."""
    until: Day | None = None
    """The day on which it is over."""

    @model_validator(mode="after")
    def _consistent(self) -> Experiment:
        total = sum(self.arms.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the shares of the arms come to {total:g}, expected 1")
        if self.experiment in ("holdout", "treatment"):
            raise ValueError(
                f"{self.experiment!r} names an arm of the holdout; give the experiment another name"
            )
        return self


class Evidence(PackModel):
    """The customers talked to before this segment was drawn."""

    interviews: Annotated[int, Field(ge=0)]
    last: Day | None = None


class Segment(PackModel):
    """The policy of one segment: who belongs, what they get, what is forbidden and why."""

    segment: Name
    title: Line
    when: PredicateText | None = None
    """Who belongs, by account traits. The residual has none."""
    needs: dict[Name, Annotated[float, Field(gt=0, le=1)]] = {}
    """Traits that must be believed at least this much to count as known, for this segment."""
    owner: str | None = None
    review_by: Day | None = None
    on_enter: list[Name] = []
    on_exit: list[Name] = []
    settle: Settle = Settle()
    reenter_after: Duration | None = None
    surfaces: dict[SurfaceName, SurfaceTreatment] = {}
    rules: list[Rule] = []
    limits: list[Limit] = []
    proof: ProofRule = ProofRule()
    script: str | None = None
    """The path of the segment's script, from the pack's folder."""
    measure: Measure | None = None
    experiments: list[Experiment] = []
    """Tests between plays; of those on one surface the first that still runs counts."""
    evidence: Evidence | None = None
