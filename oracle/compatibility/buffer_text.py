"""Buffer configurations as a command line writes them: ``Fifo:1:Block``, ``Fifo:2:Resize:8``, ``LatestValue``."""

from __future__ import annotations

from typing import Final, Literal

from telltale_conformance.errors import UsageError
from telltale_conformance.model.values import BufferConfig, Resize, ResizeBounds

LARGEST: Final = 65_536
"""The capacity that every store must have (contract §18)."""

FORMS: Final = (
    "Fifo:N:Block, Fifo:N:Drop, Fifo:N:Error, Fifo:N:Resize:MAX or LatestValue, with N and MAX from 0 to 65536"
)
_MODES: Final[dict[str, Literal["Fifo", "LatestValue"]]] = {"fifo": "Fifo", "latestvalue": "LatestValue"}
_POLICIES: Final[dict[str, Literal["Block", "Drop", "Error"]]] = {"block": "Block", "drop": "Drop", "error": "Error"}


class BadBuffer(UsageError):
    """Thrown when a text is no buffer configuration; says what is wrong and lists the forms."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"{text!r} is not a buffer configuration: {why}", remedy=f"write {FORMS}")


def parse_buffer(text: str) -> BufferConfig:
    """Read a buffer configuration; upper and lower case make no difference.

    Raises:
        BadBuffer: the text is none.
    """
    mode_name, *rest = text.strip().split(":")
    mode = _MODES.get(mode_name.lower())
    if mode is None:
        raise BadBuffer(text, f"{mode_name!r} is no mode")
    if mode == "LatestValue":
        if rest:
            raise BadBuffer(text, "LatestValue takes no capacity and no policy, they have no effect there")
        return BufferConfig(initial_capacity=1, mode=mode, policy="Block")
    if len(rest) < 2:
        raise BadBuffer(text, "the policy is missing" if rest else "capacity and policy are missing")
    capacity, policy, *bounds = _number(text, rest[0], "capacity"), rest[1].lower(), *rest[2:]
    if policy == "resize":
        if len(bounds) != 1:
            raise BadBuffer(text, "Resize takes the greatest capacity and nothing more")
        maximum = _number(text, bounds[0], "greatest capacity")
        resize = Resize(Resize=ResizeBounds(max_capacity=maximum))
        return BufferConfig(initial_capacity=capacity, mode=mode, policy=resize)
    if policy not in _POLICIES:
        raise BadBuffer(text, f"{rest[1]!r} is no policy")
    if bounds:
        raise BadBuffer(text, f"nothing follows the policy {_POLICIES[policy]}")
    return BufferConfig(initial_capacity=capacity, mode=mode, policy=_POLICIES[policy])


def buffer_text(config: BufferConfig) -> str:
    """Return a buffer configuration in the form that ``parse_buffer`` reads."""
    if config.mode == "LatestValue":
        return "LatestValue"
    policy = config.policy
    named = f"Resize:{policy.Resize.max_capacity}" if isinstance(policy, Resize) else policy
    return f"Fifo:{config.initial_capacity}:{named}"


def _number(text: str, digits: str, what: str) -> int:
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6 or int(digits) > LARGEST:
        raise BadBuffer(text, f"{digits!r} is no {what}")
    return int(digits)
