"""The third statement of the rules, for the solver; written from the contract, it imports nothing of the model."""
