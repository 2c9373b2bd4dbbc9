"""The shape of a pod template, as far as releases rely on it, and of what selects its pods.

Rules beyond types are the API server's own (its validation of PodSpec and of Deployment).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from automation.core.names import LABEL_TEXT, PORT_TEXT
from automation.core.refusal import Problem
from automation.core.shape import LABELS, METADATA, TEXT, WHOLE, Items, Leaf, Rule, Shape, fields
from workloads.resources import RESOURCES

_IMAGE = Leaf((str,), "text", Rule(bool, "an image", "name one, with its tag"))

_REFERENCE = fields(name=TEXT)
_VARIABLE = fields(
    "name",
    name=TEXT,
    value=TEXT,
    valueFrom=fields(configMapKeyRef=_REFERENCE, secretKeyRef=_REFERENCE),
)
_PORT = fields("containerPort", name=PORT_TEXT, containerPort=WHOLE, protocol=TEXT)
_CONTAINER = fields(
    "name",
    name=LABEL_TEXT,
    image=_IMAGE,
    env=Items(_VARIABLE),
    envFrom=Items(fields(configMapRef=_REFERENCE, secretRef=_REFERENCE)),
    ports=Items(_PORT),
    resources=RESOURCES,
)
_VOLUME = fields(
    configMap=_REFERENCE,
    secret=fields(secretName=TEXT),
    projected=fields(sources=Items(fields(configMap=_REFERENCE, secret=_REFERENCE))),
)


def _contradictions(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not spec["containers"]:
        yield Problem(f"{path}.containers", "is empty, and a pod has one container at least", "add one")
    yield from _named_alike(spec, path)


def _named_alike(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for field in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(field) or ()):
            name = container["name"]
            if name in seen:
                at = f"{path}.{field}[{index}].name"
                yield Problem(at, f"another container is called {name!r}, too", "give each a name of its own")
            seen.add(name)


_POD = replace(
    fields(
        "containers",
        containers=Items(_CONTAINER),
        initContainers=Items(_CONTAINER),
        volumes=Items(_VOLUME),
        imagePullSecrets=Items(_REFERENCE),
        hostAliases=Items(fields(ip=TEXT, hostnames=Items(TEXT))),
    ),
    disagreeing=_contradictions,
)
POD_TEMPLATE = fields("spec", metadata=METADATA, spec=_POD)
SELECTOR = fields(matchLabels=LABELS)


def selecting(*required: str, **shapes: Shape) -> Shape:
    """The spec of a workload that selects the pods of its template, with these fields beside."""
    spec = fields(*required, selector=SELECTOR, template=POD_TEMPLATE, **shapes)
    return replace(spec, disagreeing=_unselected)


def _unselected(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    for label, value in sorted(((spec.get("selector") or {}).get("matchLabels") or {}).items()):
        if labels.get(label) != value:
            at = f"{path}.selector.matchLabels.{label}"
            yield Problem(
                at,
                f"selects {value!r}, and pods of the template have {labels.get(label)!r}",
                "make them alike",
            )
