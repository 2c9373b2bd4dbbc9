"""An import takes what a program leaves out for a default of the server, and leaves it alone."""

from __future__ import annotations

from engine.deploy.imports import declared
from engine.provider import Change, Diff, PropertyDiff

WITHOUT_ADDRESS = Diff(
    Change.SOME,
    replaces=("spec.clusterIP",),
    changed=("spec", "metadata"),
    detailed={
        "spec.clusterIP": PropertyDiff("delete-replace", input_diff=True),
        "spec.type": PropertyDiff("delete", input_diff=True),
        "spec.ports[0].port": PropertyDiff("update"),
        "metadata.annotations": PropertyDiff("add"),
    },
)


def test_what_the_program_leaves_out_is_neither_taken_away_nor_a_reason_to_replace() -> None:
    diff = declared(WITHOUT_ADDRESS)

    assert set(diff.detailed) == {"spec.ports[0].port", "metadata.annotations"}
    assert diff.replaces == ()
    assert diff.change is Change.SOME


def test_what_the_program_wants_otherwise_still_replaces() -> None:
    selector = {"spec.selector.app": PropertyDiff("update-replace")}
    diff = declared(Diff(Change.SOME, ("spec.selector.app",), ("spec",), selector))

    assert diff.replaces == ("spec.selector.app",)
