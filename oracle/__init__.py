"""What to conclude: adapters, comparison, claims, proofs, the gate, reports, the command line."""
