"""The bodies of the commands: one module for each, with a ``run`` that returns the exit code."""
