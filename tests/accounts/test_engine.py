from __future__ import annotations

import subprocess
import sys

_SLOW = """
import time
from segue.accounts.engine import open_engine
with open_engine() as connection:
    rows, took = 10_000_000, 0.0
    while took < 2.2:
        started = time.monotonic()
        connection.execute(f"SELECT sum(range * range % 7) FROM range({rows})")
        found = connection.fetchone()[0]
        took = time.monotonic() - started
        rows = int(rows * max(1.5, 2.5 / took))
    print(found)
"""


def test_a_query_of_more_than_two_seconds_prints_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SLOW], capture_output=True, text=True, check=True, timeout=120
    )
    assert (done.stdout.strip().isdigit(), done.stderr) == (True, "")
