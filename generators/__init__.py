"""What to try: Hypothesis strategies, stateful machines, seeded programs, exploration, mutants."""
