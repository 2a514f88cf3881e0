"""Wrong stores: the reference, or the second store, with something changed, served like any other implementation.

``python -m tests.wrong_stores NAME`` speaks the adapter protocol; the names are those of ``RULES``, ``HARDENED``,
``UNSTEADY`` and the catalogue.
"""
