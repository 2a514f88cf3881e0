"""How a claim stands: what was seen of it on an implementation, or what is known of it under a contract."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ClaimStatus = Literal["kept", "broken", "not judged", "proved", "refuted", "bounded"]


class ClaimStand(Struct, frozen=True):
    """How a claim stands, and how much was seen."""

    status: ClaimStatus
    """``kept``, ``broken`` and ``not judged`` speak of an implementation, the others of a contract."""
    occasions: int | None = None
    """On how many events the implementation could have broken it, and was seen to or not to; None of a contract."""

    def __post_init__(self) -> None:
        """Refuse what was seen on no occasion: that says nothing of a claim, whoever wrote it down."""
        if self.status in ("kept", "broken") and not self.occasions:
            raise ValueError(f"a claim is {self.status} only where there was an occasion to break it")

    def __add__(self, other: ClaimStand) -> ClaimStand:
        """Return what two observations of one implementation show together."""
        statuses = {self.status, other.status}
        status: ClaimStatus = "broken" if "broken" in statuses else "kept" if "kept" in statuses else "not judged"
        return ClaimStand(status, (self.occasions or 0) + (other.occasions or 0))


NOT_JUDGED = ClaimStand("not judged", 0)
