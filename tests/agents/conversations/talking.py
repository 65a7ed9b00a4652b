"""What the tests of conversations share: the world of their evals."""

from segue.evals.conversations.world import (
    BROWSER,
    NOW,
    SALES_READY,
    SERVER,
    Talk,
    know,
    of_account,
    part_of,
    shared_embedder,
    talk,
    talking,
)

__all__ = [
    "BROWSER", "NOW", "SALES_READY", "SERVER", "Talk", "know", "of_account", "part_of", "shared_embedder", "talk",
    "talking",
]  # fmt: skip
