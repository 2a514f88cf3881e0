"""Decides whether an implementation of telltale's session store keeps its contract."""
