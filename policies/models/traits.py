"""`traits.yaml`: the typed facts of a pack, where each comes from and how it is computed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, RootModel, model_validator

from segue.policies.models.common import Duration, Line, Name, PackModel, PredicateText, one_of
from segue.policies.models.events import Decay, Distinct, Events, Pick, Rfm, Sum, Trend
from segue.policies.models.rank import NO_SEAT, Rank

TraitType = Literal["text", "integer", "number", "boolean", "timestamp", "text[]"]
"""The six types of a trait's value."""

Scalar = str | int | float | bool


class Layer(StrEnum):
    """What kind of signal a trait is. The dimensions of a pack are judged by it."""

    FIRMOGRAPHIC = "firmographic"
    TECHNOGRAPHIC = "technographic"
    BEHAVIORAL = "behavioral"
    INTENT = "intent"
    CONTEXTUAL = "contextual"


class Scope(StrEnum):
    """Whose fact a trait is. A segment's `when` reads account traits only."""

    ACCOUNT = "account"
    CONTACT = "contact"
    REQUEST = "request"


class ScorecardItem(PackModel):
    """Points for one condition. While the condition is unknown the score is a range."""

    when: PredicateText
    points: Annotated[float, Field(ge=-1_000_000, le=1_000_000)]
    """Added when the condition is true; at most 6 decimals."""

    @model_validator(mode="after")
    def _six_decimals(self) -> ScorecardItem:
        if round(self.points, 6) != self.points:
            raise ValueError(f"points carry at most 6 decimals, found {self.points!r}")
        return self


class Ask(PackModel):
    """How a person is asked for this fact, when asking is worth a turn."""

    question: Line
    answers: dict[Line, Scalar] = {}
    """What a button says, and the value it stands for. Without any, the answer is free text."""


class Trait(PackModel):
    """One typed fact. At most one of the computing keys may be given; with none it is imported."""

    type: TraitType
    layer: Annotated[Layer, BeforeValidator(one_of(Layer))] | None = None
    """The kind of signal; a trait computed by `sql` may leave it out and takes that of what it reads."""
    scope: Annotated[Scope, BeforeValidator(one_of(Scope))] = Scope.ACCOUNT
    title: Line | None = None
    """What a person reads instead of the name."""
    sources: Annotated[list[Name], Field(min_length=1)] | None = Field(default=None, alias="from")
    """The sources that may state it, the most believed first. Each is named in `pack.yaml`."""
    fresh_for: Duration | None = None
    """A value older than this counts as unknown."""
    unit: Line | None = None
    absent: Scalar | None = None
    """What it means that nobody ever stated it, where that means something."""
    values: Annotated[dict[str, list[str]], Field(min_length=1)] | None = None
    """For text: the values there are, each with the spellings that an import may meet."""
    ask: Ask | None = None

    count: Events | None = None
    distinct: Distinct | None = None
    sum: Sum | None = None
    first: Pick | None = None
    latest: Pick | None = None
    trend: Trend | None = None
    decay: Decay | None = None
    rfm: Rfm | None = None
    rank: Rank | None = None
    scorecard: Annotated[list[ScorecardItem], Field(min_length=1)] | None = None
    sql: PredicateText | None = None

    @property
    def computed_by(self) -> str | None:
        """The one computing key that is given, or None for an imported trait."""
        return next((key for key in _COMPUTING if getattr(self, key) is not None), None)

    @property
    def is_derived(self) -> bool:
        """True when it follows from other traits of the pack: a scorecard or an expression."""
        return self.scorecard is not None or self.sql is not None

    @model_validator(mode="before")
    @classmethod
    def _tiers_are_values(cls, data: Any) -> Any:
        """A rank is one of its tiers, or none, without being told so."""
        if not isinstance(data, dict) or "values" in data or not isinstance(data.get("rank"), dict):
            return data
        tiers = data["rank"].get("tiers")
        if not isinstance(tiers, dict):
            return data
        return {**data, "values": {str(tier): [] for tier in (*tiers, NO_SEAT)}}

    @model_validator(mode="after")
    def _consistent(self) -> Trait:
        given = [key for key in _COMPUTING if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"a trait is computed in one way, found {' and '.join(given)}")
        if self.layer is None and self.sql is None:
            raise ValueError(f"layer is required, one of {', '.join(Layer)}")
        key = given[0] if given else None
        required = _TYPE_OF.get(key or "")
        if required is not None and self.type not in required:
            raise ValueError(f"{key} gives {' or '.join(required)}, found type {self.type!r}")
        if self.is_derived and (self.sources or self.fresh_for or self.absent is not None):
            raise ValueError("a derived trait takes source, freshness and absence from what it reads")
        if self.values is not None and self.type not in ("text", "text[]"):
            raise ValueError(f"values are for text, found type {self.type!r}")
        self._check_population()
        self._check_absent()
        return self

    def _check_population(self) -> None:
        """What a population decides has one type, one scope, and is absent for no reason of a pack's."""
        if self.rfm is not None and (self.type == "integer") is (self.rfm.part is None):
            raise ValueError("rfm gives text, or with part an integer")
        if self.rank is not None and set(self.values or ()) != {*self.rank.tiers, NO_SEAT}:
            raise ValueError(f"the values of a rank are its tiers and {NO_SEAT!r}")
        if (self.rank or self.rfm) and (self.scope is not Scope.ACCOUNT or self.absent is not None):
            raise ValueError("rfm and rank are of accounts, and nothing is meant by their absence")

    def _check_absent(self) -> None:
        if self.absent is None:
            return
        kinds: dict[str, tuple[type, ...]] = {
            "text": (str,),
            "integer": (int,),
            "number": (int, float),
            "boolean": (bool,),
        }
        kind = kinds.get(self.type)
        bad_bool = isinstance(self.absent, bool) and self.type != "boolean"
        if kind is None or bad_bool or not isinstance(self.absent, kind):
            raise ValueError(f"absent must be of type {self.type}, found {self.absent!r}")


_COMPUTING = (
    "count",
    "distinct",
    "sum",
    "first",
    "latest",
    "trend",
    "decay",
    "rfm",
    "rank",
    "scorecard",
    "sql",
)
_TYPE_OF: dict[str, tuple[str, ...]] = {
    "count": ("integer",),
    "distinct": ("integer",),
    "sum": ("number",),
    "first": ("text", "integer", "number", "boolean"),
    "latest": ("text", "integer", "number", "boolean"),
    "trend": ("number",),
    "decay": ("number",),
    "rfm": ("text", "integer"),
    "rank": ("text",),
    "scorecard": ("number",),
}


class TraitsFile(RootModel[dict[Name, Trait]]):
    """The whole of `traits.yaml`: trait names to their definitions."""
