"""Which outputs are secret."""

from __future__ import annotations

from collections.abc import Iterable

from engine.values import PropertyMap, Secret, Value, has_secret


def concealed(outputs: PropertyMap, inputs: PropertyMap, names: Iterable[str]) -> PropertyMap:
    """The outputs, secret where the input of the same name is, and where `names` says so."""
    wanted = set(names)
    return {
        key: _secret(value) if key in wanted else _like(value, inputs.get(key))
        for key, value in outputs.items()
    }


def _like(output: Value, given: Value) -> Value:
    if isinstance(output, Secret):
        return output
    if isinstance(given, Secret):
        return _secret(output)
    if isinstance(given, dict) and isinstance(output, dict):
        return {key: _like(value, given.get(key)) for key, value in output.items()}
    if isinstance(given, list) and isinstance(output, list) and has_secret(given) and not has_secret(output):
        # Items may have been reordered: which of them is the secret one cannot be told.
        return _secret(output)
    return output


def _secret(value: Value) -> Value:
    return value if isinstance(value, Secret) else Secret(value)
