"""How long to wait before what has failed is tried again."""

from dataclasses import dataclass

FIRST_SECONDS, LONGEST_SECONDS = 10.0, 300.0
FORGOTTEN_AFTER = 2 * LONGEST_SECONDS  # a container that ran this long starts over


@dataclass(frozen=True)
class Backoff:
    """The first new try is made at once, the next after 10 s, and so on doubling to `longest` seconds."""

    longest: float = LONGEST_SECONDS
    seconds: float = 0.0

    def after(self) -> "Backoff":
        """What to wait the time after."""
        return Backoff(self.longest, min(2 * self.seconds or FIRST_SECONDS, self.longest))
