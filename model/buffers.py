"""The message buffer of one edge: modes, policies and what a full one does (contract §8)."""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple, TypeAlias

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.types.payloads import Value
from telltale_conformance.model.values import BufferConfig, Resize

EnqueueResult: TypeAlias = Literal["Ok", "WouldBlock", "Dropped", "Full"]


class SignedValue(NamedTuple):
    """A message with the signature of its sender."""

    value: Value
    signature: bytes


class Buffer:
    """The messages under way on one edge, oldest first."""

    __slots__ = ("capacity", "config", "messages")

    def __init__(self, config: BufferConfig) -> None:
        self.config = config
        self.capacity = max(1, config.initial_capacity)
        self.messages: deque[SignedValue] = deque()

    def admit(self, contract: Contract) -> EnqueueResult:
        """Say what a send gets, growing the buffer where its policy lets it."""
        if self.config.mode == "LatestValue" or len(self.messages) < self.capacity:
            return "Ok"
        policy = self.config.policy
        if isinstance(policy, Resize):
            maximum = policy.Resize.max_capacity
            if self.capacity >= maximum:
                return "Full"
            self.capacity = contract.grown(self.capacity, maximum)
            return "Ok"
        if policy == "Block":
            return "WouldBlock"
        return "Dropped" if policy == "Drop" else "Full"

    def put(self, message: SignedValue) -> None:
        """Store an admitted message; a LatestValue buffer keeps only this one."""
        if self.config.mode == "LatestValue":
            self.messages.clear()
        self.messages.append(message)
