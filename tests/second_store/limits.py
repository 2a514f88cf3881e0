"""The limits of a session (§18): roles, distinct handler names, distinct labels, capacity of a buffer."""

from .forms import Refused

MOST = 65536


def within(what, number):
    """Refuse what is beyond a limit."""
    if number > MOST:
        raise Refused(f"limit exceeded: {what}")
