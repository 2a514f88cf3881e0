"""The coverage map: which cells are reachable, and how."""
