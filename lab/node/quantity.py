"""Kubernetes quantities (`100m`, `64Mi`, `2`, `1e3`) as exact numbers."""

import math
from fractions import Fraction

_BINARY = {suffix: 1024**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def parse(text: str) -> Fraction:
    """The number that `text` says. Raises `ValueError` if it says none."""
    if text[-2:] in _BINARY:
        return Fraction(text[:-2]) * Fraction(_BINARY[text[-2:]])
    if text[-1:] in _DECIMAL:
        return Fraction(f"{text[:-1]}e{_DECIMAL[text[-1]]}")
    return Fraction(text)


def divided(quantity: str, divisor: str) -> int:
    """`quantity` in units of `divisor`, rounded up."""
    return math.ceil(parse(quantity) / parse(divisor))
