"""Each kind of end has an exit code of its own, so that a script can tell them apart."""

from __future__ import annotations

from collections import defaultdict

from automation import errors
from automation.errors import SluiceError

UNEXPECTED = SluiceError.exit_code


def kinds(of: type[SluiceError]) -> set[type[SluiceError]]:
    return {of}.union(*(kinds(kind) for kind in of.__subclasses__()))


def test_exit_codes_are_unique() -> None:
    by_code = defaultdict(set)
    for kind in kinds(SluiceError):
        if kind.__module__ == errors.__name__ and "exit_code" in vars(kind) and kind is not SluiceError:
            by_code[kind.exit_code].add(kind.__name__)
    assert {code: names for code, names in by_code.items() if len(names) > 1} == {}
    assert UNEXPECTED not in by_code


def test_an_error_of_a_room_ends_with_the_code_of_what_it_is() -> None:
    """A subclass elsewhere says more of the same kind of end, and adds none."""
    known = {kind.exit_code for kind in kinds(SluiceError) if kind.__module__ == errors.__name__}
    assert {kind.exit_code for kind in kinds(SluiceError)} <= known
