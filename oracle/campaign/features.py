"""Features as numbers: what guidance knows of, small and the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b

import msgspec

from telltale_conformance.generators.reached import Feature


@lru_cache(1 << 16)
def number_of(feature: Feature) -> int:
    """Return a feature as a number of 64 bits, the same on every machine."""
    return int.from_bytes(blake2b(msgspec.json.encode(feature), digest_size=8).digest())


def written(numbers: Iterable[int]) -> str:
    """Return numbers of features as the journal has them: 16 hexadecimal digits each."""
    return b"".join(number.to_bytes(8) for number in numbers).hex()


def numbers_in(text: str) -> Iterator[int]:
    """Yield the numbers of features that the journal has.

    Raises:
        ValueError: the text has other characters than hexadecimal digits.
    """
    data = bytes.fromhex(text)
    return (int.from_bytes(data[place : place + 8]) for place in range(0, len(data), 8))
