"""Whether a value looks like a secret that is about to be written down in plain text. Pure.

Nobody can know, so it is estimated: by the name of its key, and by how many bits it would take to guess it. What
reads like a word counts for less than a random text of its length; no dictionary is asked.
"""

from __future__ import annotations

import math
import re

_NAMES = re.compile("pass|pwd|secret|token", re.IGNORECASE)
_JUDGED = 16
"""Characters that are looked at."""
_CERTAIN, _ENOUGH, _EACH = 80.0, 40.0, 3.0
"""Bits of a secret whatever its length, and of a shorter one: in all, and for each character."""
_WORD = re.compile(r"[a-z]{3,}|[A-Z]{3,}|[A-Z][a-z]{2,}")
_WORD_EACH = 2.5
"""Bits for each letter of what reads like a word."""
_ALPHABETS = ((re.compile("[a-z]"), 26), (re.compile("[A-Z]"), 26), (re.compile("[0-9]"), 10))
_SIGNS = re.compile("[^a-zA-Z0-9]"), 33


def looks_secret(name: str, value: str) -> bool:
    """Whether a value under this key should have been encrypted."""
    judged = value[:_JUDGED]
    if not judged or not _NAMES.search(name):
        return False
    bits = strength(judged)
    return bits >= _CERTAIN or (bits >= _ENOUGH and bits / len(judged) >= _EACH)


def strength(text: str) -> float:
    """How many bits it takes to guess a text, about."""
    letters = sum(len(word) for word in _WORD.findall(text))
    signs = sum(size for pattern, size in (*_ALPHABETS, _SIGNS) if pattern.search(text))
    return letters * _WORD_EACH + (len(text) - letters) * math.log2(max(signs, 1))
