"""How long to leave alone what did not work."""

LONGEST_PAUSE = 64.0
"""In seconds, between two tries."""


def pause(tries: int) -> float:
    """Seconds to wait after so many tries: none after none, one after the first, then twice as many each time."""
    return float(min(2 ** (tries - 1), LONGEST_PAUSE)) if tries else 0.0
