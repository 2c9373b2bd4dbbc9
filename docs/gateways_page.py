"""docs/gateways.md: what each gateway writes, which releases it carries, and which requests it can choose."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from automation.core.refusal import Refused
from documents.front import canary_of
from gateways.gateway import Gateway
from gateways.registry import GATEWAYS

IN_THE_LAB = ("apisix", "gatewayapi:v1", "istio", "kubernetes", "nginx", "traefik")
_WEIGHTS: Mapping[str, Any] = {"stepWeight": 10, "maxWeight": 50}
_RELEASES: Mapping[str, Mapping[str, Any]] = {
    "by weight (`stepWeight`, `stepWeights`)": _WEIGHTS,
    "by weight, mirrored first (`mirror`)": {**_WEIGHTS, "mirror": True},
    "by weight, users stay where they were (`sessionAffinity`)": {
        **_WEIGHTS,
        "sessionAffinity": {"cookieName": "c"},
    },
    "by weight, chosen requests whatever it is (`chosen`)": {
        **_WEIGHTS,
        "chosen": [{"headers": {"x": {"exact": "y"}}}],
    },
    "A/B (`iterations`, `match`)": {"iterations": 3, "match": [{"headers": {"x": {"exact": "y"}}}]},
    "Blue/Green (`iterations`)": {"iterations": 3},
    "Blue/Green, mirrored first": {"iterations": 3, "mirror": True},
}
_CHOICES: Mapping[str, list[Mapping[str, Any]]] = {
    "a header: `exact`": [{"headers": {"x": {"exact": "y"}}}],
    "a header: `regex`": [{"headers": {"x": {"regex": "y"}}}],
    "a header: `prefix`, `suffix`": [{"headers": {"x": {"prefix": "y"}}}],
    "header `cookie`: `exact`": [{"headers": {"cookie": {"exact": "name"}}}],
    "header `cookie`: `regex`": [{"headers": {"cookie": {"regex": "name=value"}}}],
    "a header and a cookie, a rule each": [
        {"headers": {"x": {"exact": "y"}}},
        {"headers": {"cookie": {"exact": "name"}}},
    ],
    "several headers at once": [{"headers": {"x": {"exact": "y"}, "z": {"exact": "y"}}}],
    "several rules": [{"headers": {"x": {"exact": "y"}}}, {"headers": {"z": {"exact": "y"}}}],
    "`queryParams`": [{"queryParams": {"x": {"exact": "y"}}}],
    "`sourceLabels`": [{"sourceLabels": {"app": "front"}}],
}


def page() -> str:
    choosing = [name for name, gateway in GATEWAYS.items() if "match" in gateway.carries]
    chosen = {what: {"iterations": 3, "match": rules} for what, rules in _CHOICES.items()}
    return f"""# Gateways

Made from `gateways/` by `make docs`. `spec.provider` of a Canary names its gateway; without
one it is that of the environment (`driver.provider` in its settings), `apisix` unless somebody says otherwise.

| provider | a Canary names | a release writes | and obeys of `spec.service` | released over in the lab |
| --- | --- | --- | --- | --- |
{_rows(GATEWAYS)}

`app` stands for the name of what the Canary names, and of the apex Service. All gateways obey what
`spec.service` says of the Services themselves: `name`, `port`, `portName`, `targetPort`, `portDiscovery` and the rest.
The lab has no data plane for what no release is run over there; that is held by tests that assert its manifests whole,
what is read back from them, and a good and a bad release over them. `gatewayapi:v1beta1` writes the same objects as
`gatewayapi:v1`.

## Which releases it carries

{_matrix(_RELEASES, list(GATEWAYS))}

## Which requests A/B can choose

{_matrix(chosen, choosing)}

Whatever has no `yes` is refused when the document is read, with the field and what to write instead.

{_notes()}
"""


def _rows(gateways: Mapping[str, Gateway]) -> str:
    return "\n".join(_row(name, gateway) for name, gateway in gateways.items())


def _row(name: str, gateway: Gateway) -> str:
    source = gateway.source
    written = f"{source.kind.kind} (`spec.{source.field}`)" if source else "nothing"
    kinds = ", ".join(kind.kind for kind in (gateway.kind, *gateway.companions))
    named = gateway.route_name(canary_of(_document(name, _first(name))))
    obeyed = ", ".join(f"`{field}`" for field in gateway.says) or "nothing more"
    return (
        f"| `{name}` | {written} | {kinds} `{named}` | {obeyed} | {'yes' if name in IN_THE_LAB else 'no'} |"
    )


def _first(provider: str) -> Mapping[str, Any]:
    """A release that the gateway carries."""
    return next(fields for fields in _RELEASES.values() if _carries(provider, fields))


def _matrix(asked: Mapping[str, Mapping[str, Any]], providers: list[str]) -> str:
    head = f"| | {' | '.join(f'`{name}`' for name in providers)} |\n| --- |{' --- |' * len(providers)}"
    rows = (
        f"| {what} | {' | '.join('yes' if _carries(name, fields) else '' for name in providers)} |"
        for what, fields in asked.items()
    )
    return "\n".join((head, *rows))


def _carries(provider: str, analysis: Mapping[str, Any]) -> bool:
    """Whether a document that asks for it is taken."""
    try:
        canary_of(_document(provider, analysis))
    except Refused:
        return False
    return True


def _document(provider: str, analysis: Mapping[str, Any]) -> dict[str, Any]:
    source = GATEWAYS[provider].source
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": "app", "namespace": "test"},
        "spec": {
            "provider": provider,
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
            "service": {"port": 80, "gatewayRefs": [{"name": "public"}]},
            "analysis": {"interval": "1m", "threshold": 1, **analysis},
        }
        | ({source.field: {"name": "app"}} if source else {}),
    }


def _notes() -> str:
    """What the gateways say of themselves; those of one file say it once."""
    told: dict[str, list[str]] = {}
    for name, gateway in GATEWAYS.items():
        told.setdefault(_note(gateway), []).append(f"`{name}`")
    return "\n\n".join(f"## {', '.join(names)}\n\n{note}" for note, names in told.items())


def _note(gateway: Gateway) -> str:
    module, query = inspect.getmodule(type(gateway)), type(gateway).query
    return f"{inspect.getdoc(module)}\n\nBuilt-in checks: {inspect.getdoc(query)}"
