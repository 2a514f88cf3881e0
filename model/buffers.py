"""The message buffer of one edge: modes, policies and what a full one does (contract §8)."""

from __future__ import annotations

from collections import deque
from typing import Literal, TypeAlias

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.signatures import SignedValue
from telltale_conformance.model.values import BufferConfig, Resize

EnqueueResult: TypeAlias = Literal["Ok", "WouldBlock", "Dropped", "Full"]


def opening_capacity(config: BufferConfig) -> int:
    """How many messages a fresh buffer holds; a LatestValue buffer reports it and holds one."""
    return max(1, config.initial_capacity)


def admission(config: BufferConfig, length: int, capacity: int, contract: Contract) -> tuple[EnqueueResult, int]:
    """Say what a send gets of a buffer with ``length`` messages, and the buffer's capacity afterwards."""
    if config.mode == "LatestValue" or length < capacity:
        return "Ok", capacity
    policy = config.policy
    if isinstance(policy, Resize):
        maximum = policy.Resize.max_capacity
        return ("Full", capacity) if capacity >= maximum else ("Ok", contract.grown(capacity, maximum))
    if policy == "Block":
        return "WouldBlock", capacity
    return "Dropped" if policy == "Drop" else "Full", capacity


class Buffer:
    """The messages under way on one edge, oldest first."""

    __slots__ = ("capacity", "config", "messages")

    def __init__(self, config: BufferConfig) -> None:
        self.config = config
        self.capacity = opening_capacity(config)
        self.messages: deque[SignedValue] = deque()

    def admit(self, contract: Contract) -> EnqueueResult:
        """Say what a send gets, growing the buffer where its policy lets it."""
        answer, self.capacity = admission(self.config, len(self.messages), self.capacity, contract)
        return answer

    def put(self, message: SignedValue) -> None:
        """Store an admitted message; a LatestValue buffer keeps only this one."""
        if self.config.mode == "LatestValue":
            self.messages.clear()
        self.messages.append(message)
