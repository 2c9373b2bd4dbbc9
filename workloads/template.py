"""The shape of a pod template, as far as releases rely on it."""

from __future__ import annotations

from automation.core.names import LABEL_TEXT, PORT_TEXT
from automation.core.shape import LABELS, METADATA, TEXT, WHOLE, Items, fields
from workloads.resources import RESOURCES

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
    image=TEXT,
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
POD_TEMPLATE = fields(
    "spec",
    metadata=METADATA,
    spec=fields(
        "containers",
        containers=Items(_CONTAINER),
        initContainers=Items(_CONTAINER),
        volumes=Items(_VOLUME),
        imagePullSecrets=Items(_REFERENCE),
        hostAliases=Items(fields(ip=TEXT, hostnames=Items(TEXT))),
    ),
)
SELECTOR = fields(matchLabels=LABELS)
