"""The third, independent statement of the ownership rules: transition relations for z3.

It is written from the contract document, never from the Python reference or the Lean model, so that the
agreement of the three is evidence.  z3 is imported by the modules of this package only; import them where used.
"""
