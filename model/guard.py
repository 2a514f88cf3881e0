"""What is known of a guard: what it demands, and what is said where it fails."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard or rule of the contract that can refuse an operation."""

    name: str
    """As the contract calls it; where it has a number only, the section with a word, as ``§10.1 form``."""
    holds: str
    """When it passes."""
    failed: str
    """What is the case where it fails, as part of a sentence."""
    error: str
    """The variant of its error; of an error that is a text, a name for that text."""
    origin: str
    """The section of the contract, or the rule of ``hardened``, that states it."""
    text: str | None = None
    """The text of its error, with ``{}`` where values stand; None where the error is a variant with fields."""
    logged: str | None = None
    """The reason under which the refused receipt or witness is logged as Rejected, where it is."""
    limit: bool = field(init=False)
    """Whether what it refuses is beyond the limits within which the contract says what happens (§18)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", self.origin == "§18")

    def __str__(self) -> str:
        """Say that it failed: ``G-live: owner or generation …``."""
        return f"{self.name}: {self.failed}"

    @property
    def hardened(self) -> bool:
        """Whether only ``hardened`` has it."""
        return self.origin.startswith("H")

    @property
    def anchor(self) -> str:
        """Where the contract states it: the name of a row, a rule or a section of ``docs/contract.md`` in links."""
        word = self.name.partition(" ")[0]
        if word.startswith("§3."):
            return f"consume-{word[3:]}"
        return f"s{word[1:].partition('.')[0]}" if word.startswith("§") else word.lower()

    @property
    def fixed_parts(self) -> tuple[str, str]:
        """How the text of its error begins and ends, whatever values stand in it."""
        text = self.text or ""
        return text.partition("{")[0], text.rpartition("}")[2]
