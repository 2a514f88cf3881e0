"""How claims are proved or refuted: induction, bounded search, counterexamples that run."""
