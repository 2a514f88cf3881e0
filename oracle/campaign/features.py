"""Features as numbers: what guidance knows of, small and the same on every machine."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import msgspec

from telltale_conformance.generators.reached import Feature


@lru_cache(1 << 16)
def number_of(feature: Feature) -> int:
    """Return a feature as a number of 64 bits, the same on every machine."""
    return int.from_bytes(blake2b(msgspec.json.encode(feature), digest_size=8).digest())
