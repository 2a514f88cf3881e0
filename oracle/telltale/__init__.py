"""What telltale's own documents show: its runs and its audit logs, compared with the contract."""
