"""Invented situations: drawn from the pack's thresholds, the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from segue.evals.cases import snapshot_of
from segue.evals.generate import Generator
from segue.policies.classifier import Status, classify
from segue.policies.files import shipped_packs
from segue.policies.load import load_pack
from tests.policies.mini import mini_pack

PACK = mini_pack()


def test_values_lie_at_and_on_both_sides_of_every_threshold() -> None:
    values = Generator(PACK).values
    assert {199, 200, 201} <= set(values["size"])
    assert {59.9, 60.0, 60.1} <= set(values["intent"])
    assert set(values["region"]) == {"EU", "US"}
    assert set(values["is_customer"]) == {True, False}


def test_a_seed_gives_the_same_situations_and_another_gives_others() -> None:
    def drawn(seed: int) -> list[object]:
        return [each.model_dump() for each in Generator(PACK, seed).cases(40)]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


@pytest.mark.parametrize("name", [None, *shipped_packs()])
def test_situations_reach_every_segment_on_every_surface_settled_and_open(name: str | None) -> None:
    pack = PACK if name is None else load_pack(name)
    labels = Counter()  # type: ignore[var-annotated]
    surfaces = set()
    for case in Generator(pack).cases(400):
        snapshot = snapshot_of([pack], case)
        label = classify(pack, snapshot.facts)
        labels[label.segment] += 1
        labels[label.status] += 1
        surfaces.add(case.surface)
    assert set(pack.by_name) <= set(labels)
    assert {Status.MATCHED, Status.PROVISIONAL} <= set(labels)
    assert surfaces == set(pack.file.surfaces)


def test_facts_lie_in_their_scopes() -> None:
    for case in Generator(PACK).cases(60):
        assert set(case.contact) <= {"consent", "persona", "first_name"}
        assert set(case.context) <= {"path"}
        assert "fits" not in case.facts
