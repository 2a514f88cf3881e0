"""What is true: local types, the session store and its two contracts; knows nothing of traces or tools."""
