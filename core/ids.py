"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """Return a UUID of version 7: 48 bits of Unix milliseconds, then random bits (RFC 9562, 5.7)."""
    number = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    digits = f"{number & _RANDOM | _VERSION_AND_VARIANT:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_RANDOM = ~((0xF << 76) | (0x3 << 62))
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
