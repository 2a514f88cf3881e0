"""Local types: trees, syntax, printing, JSON forms, theory."""
