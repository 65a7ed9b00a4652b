"""Lints of plays that take back what others leave behind: the right thing, and nothing else."""

from __future__ import annotations

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import file_of, shown_plays
from segue.policies.models.play import Kind
from segue.policies.pack import SegmentPolicy

_WHERE = {Kind.TAG: "field", Kind.AUDIENCE: "audience"}
"""Kinds of play to the parameter that says where what they leave behind is."""


def check_undoing(findings: Findings) -> None:
    """Check that what is taken back is what was left behind, and not what the next segment does."""
    _check_places(findings)
    for segment in findings.pack.segments:
        for index, name in enumerate(segment.model.on_exit):
            _check_shared(findings, segment, index, name)


def _check_places(findings: Findings) -> None:
    plays = findings.pack.plays
    for name, play in plays.items():
        undo = plays.get(play.model.undone_by or "")
        where = _WHERE.get(play.model.kind)
        if undo is None or where is None or undo.model.kind is not play.model.kind:
            continue
        left, taken = play.model.parameters.get(where), undo.model.parameters.get(where)
        if left != taken:
            message = (
                f"the {where} of {name} is {left or 'not given'}, that of {undo.name} {taken or 'not given'}"
            )
            findings.add(Code.UNDO_ELSEWHERE, findings.at(f"plays/{name}.yaml", "undone_by"), message)


def _check_shared(findings: Findings, segment: SegmentPolicy, index: int, undo: str) -> None:
    plays, model = findings.pack.plays, segment.model
    undone = {name for name, play in plays.items() if play.model.undone_by == undo}
    own = undone & {*model.on_enter, *(name for name, _ in shown_plays(segment))}
    for other in findings.pack.segments:
        theirs, only_own = undone & {*other.model.on_enter}, own - {*other.model.on_enter}
        late = other.model.settle.enter < model.settle.exit
        if other is segment or not late or not theirs or not only_own:
            continue
        message = f"{undo} takes {min(only_own)} back once {other.name!r}, which enters sooner, has done {min(theirs)}"
        findings.add(Code.UNDO_SHARED, findings.at(file_of(segment), "on_exit", index), message)
        return
