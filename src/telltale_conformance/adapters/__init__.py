"""Adapters that come with the harness, under the names that users type after ``python -m``.

* ``telltale_conformance.adapters.reference`` — the reference store.
* ``telltale_conformance.adapters.wrong_store`` — a demonstration: the reference with one rule broken.
* ``telltale_conformance.adapters.fault_kit`` — adapters that misbehave, for testing what drives adapters.
"""
