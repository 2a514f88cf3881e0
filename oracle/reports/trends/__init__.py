"""What checks leave behind, a line each, and how it changes over the versions of an implementation."""
