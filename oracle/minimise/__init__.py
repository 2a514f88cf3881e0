"""The minimiser: the smallest program that shows the same class of divergence, and why no step can be removed.

``minimise`` works on programs and any adapter; a recorded trace is lifted first (``oracle.minimise.recorded``).
"""

from __future__ import annotations

from telltale_conformance.oracle.minimise.minimality import Remaining
from telltale_conformance.oracle.minimise.minimiser import Ending, Minimised, Runs, minimise
from telltale_conformance.oracle.minimise.trying import Rate
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, fingerprint

__all__ = ["Ending", "Fingerprint", "Minimised", "Rate", "Remaining", "Runs", "fingerprint", "minimise"]
