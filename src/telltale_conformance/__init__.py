"""Decides whether an implementation of telltale's session store keeps its contract."""

from telltale_conformance.version import HARNESS_VERSION as __version__

__all__ = ["__version__"]
