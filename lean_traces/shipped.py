"""The traces that are part of the distribution."""

from __future__ import annotations

from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).with_name("corpus")
"""Traces that the Lean model answered."""

RECORDINGS: Final = Path(__file__).with_name("recordings")
"""Traces that a real implementation answered; a folder for each implementation and version."""
