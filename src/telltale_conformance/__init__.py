"""Decides whether an implementation of telltale's session store keeps its contract.

What a user may import; everything else is internal and may change with any version:

* ``telltale_conformance``: ``__version__``;
* ``telltale_conformance.errors``: the errors of the harness;
* ``telltale_conformance.oracle.adapters``: what puts an implementation behind the harness;
* ``telltale_conformance.generators.strategies``: Hypothesis strategies for everything that an operation takes;
* ``telltale_conformance.adapters``: the programs to run with ``python -m`` (the reference, the fault kit, a wrong store).
"""

from telltale_conformance.version import HARNESS_VERSION as __version__

__all__ = ["__version__"]
