"""The minimiser: the smallest program that shows the same class of divergence, and why nothing of it can go.

:func:`minimise` works on programs and any adapter; a recorded trace is lifted first (:mod:`oracle.minimise.recorded`).
"""

from __future__ import annotations

from oracle.fingerprints import Fingerprint, fingerprint
from oracle.minimise.minimality import Remaining
from oracle.minimise.minimiser import Ending, Minimised, Runs, minimise
from oracle.minimise.repeating import Rate

__all__ = ["Ending", "Fingerprint", "Minimised", "Rate", "Remaining", "Runs", "fingerprint", "minimise"]
