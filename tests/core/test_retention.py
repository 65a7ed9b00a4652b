from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from segue.core.retention import event_retention
from segue.core.settings import Settings


@pytest.mark.parametrize(
    ("text", "page", "track"),
    [("400", 400, 400), ("page=90,track=500", 90, 500), ("30, page = 7", 7, 30), ("page=7,30", 7, 30), ("page=1", 1, 400)],
)  # fmt: skip
def test_days_for_all_and_by_kind(text: str, page: int, track: int) -> None:
    found = event_retention(text)
    assert (found.of("page"), found.of("track")) == (timedelta(days=page), timedelta(days=track))


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "page", "page=", "page=0", "pages=3", "3,4", "page=1,page=2", "1e3", "=3", "999999", "٣"],
)
def test_what_is_no_retention_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_EVENT_RETENTION_DAYS", text)
    with pytest.raises(ValidationError, match="expected days such as 400"):
        Settings()
