"""`evals/suites/*.yaml`: situations of one pack, each named for the harm that it catches.

A case runs once for every surface that it names and every combination of the values that it varies.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from segue.policies.models.case import Expect
from segue.policies.models.common import Instant, Line, Name, PackModel
from segue.policies.models.pack import SurfaceName

MOST_RUNS = 4_096
"""The most runs that one case may come to."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Gold(PackModel):
    """What a person says should come of it. The policy judges it: what policy forbids is no gold."""

    segment: Name | None = None
    play: Name | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Gold:
        if self.segment is None and self.play is None:
            raise ValueError("gold names a segment or a play")
        return self


class SuiteCase(PackModel):
    """One situation, or one for each combination of what is varied, and what must and must not come of it."""

    name: Name
    """The harm, such as `buyer_routed_to_nobody`."""
    title: Line | None = None
    facts: dict[Name, Any] = {}
    vary: dict[Name, Annotated[list[Any], Field(min_length=1)]] = {}
    """Further facts of any scope, each with the values it takes in turn; null leaves it unknown."""
    believed: dict[Name, float] = {}
    contact: dict[Name, Any] = {}
    context: dict[Name, Any] = {}
    account: dict[str, str] = {}
    counters: dict[str, int] = {}
    switched_off: list[Name] = []
    now: Instant | None = None
    surface: Annotated[list[SurfaceName], BeforeValidator(_as_list), Field(min_length=1)]
    """One surface or several; the case holds on each."""
    allowed_plays: list[Name] | None = None
    """The play is one of these. One that policy never permits here is a bad gold label."""
    forbidden_plays: list[Name] = []
    """The play is none of these, and policy permits none of them."""
    required_reasons: list[Name] | dict[Name, Name] = []
    """Reason codes that some play is excluded for; or play by play."""
    forbidden_reasons: list[Name] = []
    """Reason codes that no play may be excluded for."""
    forbidden_text: list[Line] = []
    """Texts that stand nowhere in the play as it is carried out."""
    gold: Gold | None = None
    expect: Expect | None = None
    """Anything else, as in the tests beside the policies."""

    @model_validator(mode="after")
    def _can_fail(self) -> SuiteCase:
        asked = (
            self.allowed_plays, self.forbidden_plays, self.required_reasons, self.forbidden_reasons,
            self.forbidden_text, self.gold, self.expect,
        )  # fmt: skip
        if not any(asked):
            raise ValueError("the case asks for nothing and so cannot fail")
        runs = len(self.surface)
        for values in self.vary.values():
            runs *= len(values)
        if runs > MOST_RUNS:
            raise ValueError(f"the case comes to {runs} runs, at most {MOST_RUNS} are allowed")
        return self


class SuiteFile(PackModel):
    """The whole of a suite."""

    suite: Name
    title: Line
    pack: Line
    """The pack that it is about: one that ships by its name, or a folder, from the suite's own."""
    after: list[Line] = []
    """The packs loaded before it, in order, named in the same way."""
    cases: Annotated[list[SuiteCase], Field(min_length=1)]
