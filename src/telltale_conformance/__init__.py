"""Judges implementations of telltale's session store by its contract.

What a user may import; everything else is internal and may change with any version. ``docs/api.md`` lists the names.

* ``telltale_conformance``: the version;
* ``telltale_conformance.errors``: the errors of the harness;
* ``telltale_conformance.oracle.adapters``: what puts an implementation behind the harness;
* ``telltale_conformance.oracle.lanes.machines``: a test case that drives it and the reference side by side;
* ``telltale_conformance.oracle.lanes.graph``, ``telltale_conformance.generators.graph``: the tours of the ownership
  graph, and its bounds;
* ``telltale_conformance.oracle.reference.replay``, ``telltale_conformance.oracle.verdict.compare``: the verdict on a
  trace, and how strictly answers are compared;
* ``telltale_conformance.oracle.claims.judging``, ``telltale_conformance.oracle.claims.monitors``: the claims of a trace;
* ``telltale_conformance.lean_traces.shipped``: the recordings in the package;
* ``telltale_conformance.lean_traces.reader``, ``telltale_conformance.lean_traces.programs``,
  ``telltale_conformance.lean_traces.limits``: traces and programs;
* ``telltale_conformance.model.types.trees``, ``telltale_conformance.model.types.local_types``,
  ``telltale_conformance.model.types.global_types``, ``telltale_conformance.model.types.payloads``: types;
* ``telltale_conformance.model.types.syntax``, ``telltale_conformance.model.types.printer``,
  ``telltale_conformance.model.types.type_json``, ``telltale_conformance.model.types.lean_json``: their forms;
* ``telltale_conformance.model.types.theory``, ``telltale_conformance.model.types.variables``,
  ``telltale_conformance.model.types.wellformed``, ``telltale_conformance.model.types.automata``,
  ``telltale_conformance.model.types.projection``, ``telltale_conformance.model.types.protocol``: what follows from them;
* ``telltale_conformance.generators.strategies``: Hypothesis strategies for everything that an operation takes;
* ``telltale_conformance.generators.hypothesis_profiles``: settings of Hypothesis under names;
* ``telltale_conformance.adapters``: the programs to run with ``python -m`` (the reference, the fault kit, a wrong store).
"""

from telltale_conformance.version import HARNESS_VERSION as __version__

__all__ = ["__version__"]
