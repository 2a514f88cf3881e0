"""The limits within which an adapter is heard: each one stated here, each settable."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from lean_traces.limits import DEFAULT_LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterLimits:
    """How long, how much and how often."""

    deadline: float = 10.0
    """Seconds within which an answer must come, counted from the one before it or, with nothing in flight,
    from the request."""
    start_deadline: float = 30.0
    """Seconds within which hello must be answered by a newly started adapter."""
    close_deadline: float = 5.0
    """Seconds within which an adapter must exit after bye."""
    window: int = 256
    """How many requests may be in flight."""
    line_bytes: int = DEFAULT_LIMITS.line_bytes
    """The longest answer, in bytes with its line end."""
    nesting: int = DEFAULT_LIMITS.nesting
    """The deepest nesting of arrays and objects in one answer."""
    stderr_bytes: int = 1024 * 1024
    """The most bytes that may come over stderr between two resets."""
    stderr_kept: int = 8 * 1024
    """How many bytes of the end of stderr are kept, to be shown with a failure."""
    restarts: int = 3
    """How often the adapter may be started again after a failure."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = _LEAST.get(field.name, 0)
            if not value >= least or (least == 0 and value <= 0 and field.name != "restarts"):
                raise ValueError(f"adapter limit {field.name} cannot be {value}")


_LEAST: Final = {
    "window": 1,
    "line_bytes": 64,
    "nesting": 8,
    "stderr_bytes": 1,
    "stderr_kept": 0,
    "restarts": 0,
}
DEFAULT_ADAPTER_LIMITS: Final = AdapterLimits()
