"""A trait name that could meet the column of a score or of another pack's label is refused."""

from __future__ import annotations

import pytest

from segue.policies.faults import PackError
from tests.policies.mini import FILES, mini_pack


@pytest.mark.parametrize("name", ["score__lo", "mini__segment", "size__"])
def test_a_double_underscore_is_refused_at_its_place(name: str) -> None:
    traits = FILES["traits.yaml"] + f"{name}: {{type: integer, layer: firmographic}}\n"
    with pytest.raises(PackError) as caught:
        mini_pack(traits=traits)
    fault = caught.value.faults[0]
    assert "double underscore" in fault.message and name in fault.message
    assert (fault.place.file, fault.place.line) == ("mini/traits.yaml", traits.count("\n"))
