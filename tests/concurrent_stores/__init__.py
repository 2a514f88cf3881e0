"""Stores that several clients ask at once: right ones, and such as lose a race in one way each."""
