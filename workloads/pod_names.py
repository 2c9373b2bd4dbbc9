"""How Kubernetes calls the pods that it makes: after their maker, with letters that it draws."""

from __future__ import annotations

LETTER = "[bcdfghjklmnpqrstvwxz2456789]"
"""One that it draws: no vowels, so that no word comes of it."""
LONGEST = 58
"""How many letters stand before the last five at most: the rest of a longer name is cut off."""
