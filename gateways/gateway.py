"""What a gateway is to a release: where the traffic is written, how it is read back, and what it can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem
from automation.core.shape import OBJECT, Shape
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic


@dataclass(frozen=True)
class Source:
    """The object that people write and a Canary names, such as a route that leads users to the application.

    `field` is the field of a Canary's spec that names it, `unnamed` what is said of a Canary that doesn't.
    `shape` is what the gateway relies on in it. `formerly` are API groups that had its kind before.
    """

    field: str
    kind: Kind
    unnamed: Problem
    shape: Shape = OBJECT
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Marks:
    """What the generated route carries beside the traffic: its annotations, and who owns it."""

    annotations: Mapping[str, str]
    owner: Manifest


@dataclass(frozen=True)
class Carried:
    """What a live generated route does with traffic. Not `exact`: some of its weights say otherwise, or are gone.

    `waits` says what it waits for until users' requests go that way, "" where they do.
    """

    traffic: Traffic
    exact: bool
    waits: str = ""


class Gateway(Protocol):
    """One gateway. All methods are pure; `source` is the live object of `Gateway.source`, None where it isn't there."""

    @property
    def provider(self) -> str:
        """`spec.provider` of the Canaries that it serves."""
        ...

    @property
    def source(self) -> Source | None:
        """What people write for it and a Canary names; None where the Canary alone says everything."""
        ...

    @property
    def kind(self) -> Kind:
        """The kind of the generated route: the object in which the traffic is written."""
        ...

    @property
    def companions(self) -> tuple[Kind, ...]:
        """The kinds of generated objects that the route rests on and that carry no traffic themselves."""
        ...

    @property
    def ruled(self) -> tuple[str, ...]:
        """The field of the generated route whose manager decides where traffic goes: its path in managed fields."""
        ...

    @property
    def carries(self) -> frozenset[str]:
        """What it can do with traffic: "weights", and the other fields of `Traffic` by their names."""
        ...

    @property
    def says(self) -> tuple[str, ...]:
        """The fields of a Canary's `spec.service`, beside those of its Services, that it obeys."""
        ...

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        """What the document asks for and this gateway can't do, and what it needs and the document doesn't say."""
        ...

    def route_name(self, canary: Canary) -> str:
        """The name of the generated route."""
        ...

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        """What keeps this source from carrying a release, all of it at once."""
        ...

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        """What is worth knowing of the source when a run starts, such as what leads to the application and is no part
        of its releases: a sentence each."""
        ...

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        """The generated route for this traffic. Raises Refused with `problems`."""
        ...

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        """Those objects: they are in force before the route is."""
        ...

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        """What a live generated route does with traffic."""
        ...

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """A live generated route with other traffic, and nothing else changed."""
        ...

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        """Host names under which users reach the application; none where any host does."""
        ...

    def reaches_service(self, canary: Canary, source: Manifest | None) -> bool:
        """Whether it sends requests to the Services' own addresses, so that its metrics tell no pods apart."""
        ...

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """The PromQL of a built-in check, its variables unfilled: percent of good answers, or the 99th percentile in
        milliseconds; by the name REQUESTS how many requests these rest on. `addresses` are those of the canary's pods,
        or that of its Service where the gateway reaches no further."""
        ...
