"""What z3 was asked, as SMT-LIB for any other solver, and what cvc5 says to it."""
