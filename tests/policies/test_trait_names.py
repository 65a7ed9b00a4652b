"""A trait name that could meet the column of a score or of another pack's label is refused."""

from __future__ import annotations

import pytest

from segue.policies.faults import PackError
from tests.policies.mini import FILES, mini_pack


@pytest.mark.parametrize("name", ["score__lo", "score__hi", "mini__segment", "size__confidence"])
def test_a_name_that_ends_like_a_column_is_refused_at_its_place(name: str) -> None:
    traits = FILES["traits.yaml"] + f"{name}: {{type: integer, layer: firmographic}}\n"
    with pytest.raises(PackError) as caught:
        mini_pack(traits=traits)
    fault = caught.value.faults[0]
    assert "ends like a column" in fault.message and name in fault.message
    assert (fault.place.file, fault.place.line) == ("mini/traits.yaml", traits.count("\n"))
