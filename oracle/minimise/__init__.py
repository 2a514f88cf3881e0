"""The minimiser: the smallest program that shows the same class of divergence, and why no step can be removed.

``minimiser.minimise`` works on programs and any adapter; a recorded trace is lifted first (``recorded``).
"""
