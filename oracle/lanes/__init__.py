"""Lanes: the ways in which an implementation is judged, each one module with ``run(subject, settings)``.

Every lane gives one ``LaneResult``. What it compares is the same everywhere: the answer of the implementation with that
of the reference, operation by operation (``oracle.reference.judging``); the lanes differ in where operations come from.
"""
