"""The claims, stated over the symbolic rules."""
