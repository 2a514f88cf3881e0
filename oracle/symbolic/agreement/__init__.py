"""The symbolic rules compared with the reference, step by step."""
