"""What the running process does besides its work: signals, progress, output that nobody reads."""
