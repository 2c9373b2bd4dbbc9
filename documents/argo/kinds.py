"""The kinds of Argo's documents that are read here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from automation.core.kinds import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, ROLLOUT
from automation.core.refusal import Problem, Refused
from documents.argo import rollout, template

_PARSERS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    ROLLOUT.kind: rollout.parse,
    ANALYSIS_TEMPLATE.kind: template.parse,
    CLUSTER_ANALYSIS_TEMPLATE.kind: template.parse,
}


def is_argo(document: Mapping[str, Any]) -> bool:
    """Whether a document is one of Argo's that are read here. Other projects have kinds of the same names."""
    kind, version = document.get("kind"), document.get("apiVersion")
    group = version.partition("/")[0] if isinstance(version, str) else ROLLOUT.group
    return isinstance(kind, str) and kind in _PARSERS and group == ROLLOUT.group


def is_rollout(document: Mapping[str, Any]) -> bool:
    return is_argo(document) and document["kind"] == ROLLOUT.kind


def problems(document: Mapping[str, Any]) -> Iterable[Problem]:
    """What is wrong with one of Argo's documents, whatever the others are."""
    try:
        _PARSERS[document["kind"]](document)
    except Refused as refused:
        return refused.problems
    return ()
