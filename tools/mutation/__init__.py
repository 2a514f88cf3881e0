"""Mutation of the harness itself: small changes of its code, each of which some fast test must notice.

mutmut makes the mutants: every function of a module with all its changed copies, of which an environment variable
chooses one. Its runner is not used: it runs the tests of a mutant in any order, and takes a worker that dies for a
mutant that is found. Here each mutant of a seeded sample gets a process of its own, forked after the imports, which
runs the tests that reach its function, the quickest first, and stops at the first that fails.
"""
