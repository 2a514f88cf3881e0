"""What a verdict is: comparison, classes, fingerprints, baselines, results, exit codes."""
