"""Random walks: whatever a program, its options and a few failures come to, the state can be read and is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pulumi
import pytest
from pulumi import Alias, ResourceOptions

from engine.resource import Deployment
from engine.state.backend import open_backend
from engine.state.integrity import problem
from engine.state.reference import parse_reference
from engine.state.secrets import Blind
from engine.state.snapshots import read_deployment
from tests.engine.world import Group, Outcome, Program, Region, Thing, World, nothing

NAMES = tuple(f"t{index}" for index in range(7))
STEPS = 9


@dataclass(frozen=True)
class Item:
    """One resource of a program. Numbers choose among the resources before it; large ones choose none of them.

    `form` is its name in this program: a resource that changes it is known under all of them.
    """

    name: str
    form: str
    group: bool
    color: str
    kind: str
    place: str
    fail: str
    parent: int
    needs: int
    through: str
    goes_with: int
    provider: str
    retained: bool
    protected: bool
    deletes_first: bool | None

    @classmethod
    def drawn(cls, chance: Random, name: str) -> Item:
        return cls(
            name,
            form=chance.choice(("", "", "", "x")),
            group=chance.random() < 0.2,
            color=chance.choice("abc"),
            kind=chance.choice("abc"),
            place=chance.choice("abc"),
            fail=_failure(chance),
            parent=chance.randrange(10),
            needs=chance.randrange(10),
            through=chance.choice(("of", "kind", "place")),
            goes_with=chance.randrange(30),
            provider=chance.choice(("", "", "", "p", "q")),
            retained=chance.random() < 0.05,
            protected=chance.random() < 0.07,
            deletes_first=chance.choice((None, None, True, False)),
        )

    def changed(self, chance: Random) -> Item:
        color, kind, place = (
            chance.choice("abc") if chance.random() < 0.3 else known
            for known in (self.color, self.kind, self.place)
        )
        form = chance.choice(("", "x", "y")) if chance.random() < 0.2 else self.form
        return replace(self, form=form, color=color, kind=kind, place=place, fail=_failure(chance))


def _failure(chance: Random) -> str:
    return chance.choice(("create", "update", "delete", *[""] * 6))


def items(chance: Random, former: tuple[Item, ...]) -> tuple[Item, ...]:
    """The next form of a program: most of what it had, some of it changed, some new."""
    known = {item.name: item for item in former}
    wanted = [name for name in NAMES[: chance.randint(3, 7)] if chance.random() > 0.15]
    return tuple(
        known[name].changed(chance) if name in known and chance.random() < 0.6 else Item.drawn(chance, name)
        for name in wanted
    )


def program(parts: tuple[Item, ...], region: str) -> Program:
    def run() -> None:
        regions = {
            name: Region(name, region=region) for name in "pq" if name in {one.provider for one in parts}
        }
        groups: list[pulumi.Resource] = []
        things: list[Thing] = []
        for item in parts:
            options = ResourceOptions(
                aliases=[Alias(name=item.name + form) for form in ("", "x", "y") if form != item.form],
                protect=item.protected or None,
                parent=_chosen(groups, item.parent, 5),
            )
            if item.group:
                groups.append(Group(item.name + item.form, opts=options, color=item.color))
            else:
                things.append(_thing(item, options, things, regions))

    return run


def _thing(item: Item, options: ResourceOptions, things: list[Thing], regions: dict[str, Region]) -> Thing:
    inputs: dict[str, Any] = {"color": item.color, "kind": item.kind, "place": item.place}
    needed = _chosen(things, item.needs, 5)
    if needed is not None:
        inputs[item.through] = needed.name
    if item.fail:
        inputs["fail"] = item.fail
    own = ResourceOptions(
        retain_on_delete=item.retained or None,
        delete_before_replace=item.deletes_first,
        deleted_with=_chosen(things, item.goes_with, 3),
        provider=regions.get(item.provider),
    )
    return Thing(item.name + item.form, opts=ResourceOptions.merge(options, own), **inputs)


def _chosen(among: list[Any], number: int, below: int) -> Any:
    return among[number % len(among)] if among and number < below else None


def step(world: World, chance: Random, parts: tuple[Item, ...]) -> Outcome:
    """One operation on the stack, all of it or a part."""
    world.stack(nothing)
    urns = [item["urn"] for item in world.state() if not item["type"].startswith("pulumi:")]
    one = [chance.choice(urns)] if urns else ["**nothing"]
    dependents = chance.random() < 0.5
    up = program(parts, chance.choice("aab"))
    match chance.choice(("up", "up", "target", "exclude", "replace", "on", "refresh", "destroy")):
        case "target":
            return world.up(up, target=one, target_dependents=dependents)
        case "exclude":
            return world.up(up, exclude=one)
        case "replace":
            return world.up(up, replace=one)
        case "on":
            return world.up(up, continue_on_error=True)
        case "refresh":
            return world.refresh(target=one)
        case "destroy":
            return world.destroy(target=one, target_dependents=dependents)
        case _:
            return world.up(up)


def recorded(world: World) -> Deployment:
    backend = open_backend(f"file://{world.folder / 'state'}", {}, world.folder)
    return read_deployment(backend, parse_reference(world.stack_name, world.project), Blind())


@pytest.mark.parametrize("seed", range(12))
def test_a_state_stays_whole_and_true(world: World, seed: int) -> None:
    chance = Random(seed)
    parts: tuple[Item, ...] = ()
    left_to_others: set[str] = set()
    for _ in range(STEPS):
        parts = items(chance, parts)
        outcome = step(world, chance, parts)

        assert "internal error" not in str(outcome.error)
        assert problem(recorded(world)) is None
        things = [item for item in world.state() if item["type"] == "cloud:index:Thing"]
        held = {item["id"] for item in things if not item.get("pendingReplacement")}
        left_to_others |= {
            item["id"] for item in things if item.get("retainOnDelete") or item.get("deletedWith")
        }
        there = set(world.cloud.things())
        assert held - there <= left_to_others
        assert there - held <= left_to_others
