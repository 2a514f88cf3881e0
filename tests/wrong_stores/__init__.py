"""Wrong stores: the reference with one rule changed, served as an implementation like any other.

``python -m tests.wrong_stores NAME`` speaks the adapter protocol; the names are those of ``RULES``, ``HARDENED``
and ``UNSTEADY``.
"""
