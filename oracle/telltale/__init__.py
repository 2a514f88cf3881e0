"""What telltale's own documents show: its runs and its audit logs, held against the contract."""
