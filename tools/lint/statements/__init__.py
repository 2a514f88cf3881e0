"""The three statements of the contract against docs/contract.md: the order of their guards, and their rules by name."""
