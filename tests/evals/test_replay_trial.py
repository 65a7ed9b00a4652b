"""Logged decisions replay to the same answer; 100,000 of them by `python -P -m segue.evals.replay_trial`."""

from __future__ import annotations

import pytest

from segue.evals.replay_trial import run_trial

pytestmark = pytest.mark.trial


def test_decisions_of_three_revisions_replay_and_a_changed_one_is_found(url: str) -> None:
    trial = run_trial(url, 300, accounts=150)
    assert trial.replayed.differences == [] and trial.replayed.same == 300
    assert len(trial.replayed.revisions) == 3
    found = trial.found.differences
    assert [(each.decision_id, each.field, each.replayed != "planted") for each in found] == [
        (trial.planted, "play.name", True)
    ]
    assert found[0].logged == "planted" and trial.holds
