"""Message templates: filled from traits and proof, never read twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segue.policies.messages import TemplateFault, parse_slots, render, unfilled
from segue.policies.models.play import Play


def play(message: str, **fill: str) -> Play:
    return Play.model_validate(
        {"play": "p", "title": "P", "kind": "reply", "channel": "chat", "message": message, "fill": fill}
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"first_name": "Ada", "vendor": "Acme"}, "Ada, leaving Acme?"),
        ({"vendor": "Acme"}, "there, leaving Acme?"),
        ({"first_name": "", "vendor": "Acme"}, "there, leaving Acme?"),
        ({"first_name": "{vendor}", "vendor": "{proof.1}"}, "{vendor}, leaving {proof.1}?"),
    ],
)
def test_slots_are_filled_once_and_fall_back(values: dict[str, str], expected: str) -> None:
    template = play("{first_name|there}, leaving {incumbent}?", incumbent="vendor")
    assert render(template, parse_slots(template), values, ()) == expected


def test_a_slot_without_a_value_or_a_fallback_is_named() -> None:
    template = play("{first_name|there}, leaving {incumbent} for {proof.1}?", incumbent="vendor")
    slots = parse_slots(template)
    first = unfilled(slots, {"vendor": None}, ())
    assert first is not None and first.trait == "vendor"
    second = unfilled(slots, {"vendor": "Acme"}, ())
    assert second is not None and second.proof == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234, "1,234"), (2.5, "2.5"), (True, "yes"), (("a", "b"), "a, b"), ((60.0, 60.0), "60"),
     (datetime(2026, 11, 3, tzinfo=UTC), "3 November 2026")],
)  # fmt: skip
def test_values_are_written_for_people(value: object, shown: str) -> None:
    template = play("{x}", x="trait")
    assert render(template, parse_slots(template), {"trait": value}, ()) == shown


@pytest.mark.parametrize(
    ("message", "offset"),
    [
        ("hello {", 6),
        ("a } b", 2),
        ("{Name}", 0),
        ("{proof.0}", 0),
        ("{proof.x}", 0),
        ("{a|b|c}", 0),
        ("x {}", 2),
    ],
)
def test_a_template_that_cannot_be_read_is_refused_with_its_place(message: str, offset: int) -> None:
    with pytest.raises(TemplateFault) as caught:
        parse_slots(play(message))
    assert caught.value.offset == offset
