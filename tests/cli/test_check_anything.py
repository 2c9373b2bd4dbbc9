"""Whatever stands in somebody's files, `sluice check` and `convert` say what is wrong and where, and never fail."""

from __future__ import annotations

import copy
import datetime
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from automation.core.kinds import Manifest
from automation.errors import DocumentRefused
from cli.check import check
from cli.convert import convert
from tests.cli.test_check_argo import service
from tests.components import documents
from tests.documents import argo_documents

SEEDS = range(int(os.environ.get("SLUICE_SEED", "0")), int(os.environ.get("SLUICE_SEEDS", "60")))
RAW = {
    "@impossible@": "2024-13-45",
    "@date@": "2024-01-31",
    "@nan@": ".nan",
    "@tag@": "!!int x",
    "@alias@": "*anchor",
}
"""What YAML can't be made to write."""
VALUES: tuple[Any, ...] = (
    *({}, {"a": {"b": []}}, {1: 2}, [], [1], [{}], [[]], [None], ["x"], None, True, 0, -1, 1.5, 10**400),
    *("", "x", "10s", "{{ nonsense }}", "{{", "\ud83d", datetime.date(2024, 1, 31), *RAW),
)
KEYS: tuple[Any, ...] = (1, 1.5, True, None, "", "x", datetime.date(2024, 1, 31))


def whole() -> list[Manifest]:
    """A release with everything that its documents may have."""
    canary = documents.canary_document(autoscalerRef={"kind": "HorizontalPodAutoscaler", "name": "podinfo"})
    canary["spec"]["analysis"]["metrics"] += [
        {"name": "own", "query": "vector({{ interval }})", "thresholdRange": {"max": 1}},
        {"name": "errors", "templateRef": {"name": "errors"}, "templateVariables": {"code": "404"}},
    ]
    canary["spec"]["analysis"]["webhooks"] = [
        {"name": "load", "url": "http://load/", "timeout": "5s", "metadata": {"cmd": "x"}}
    ]
    canary["spec"]["service"] |= {"apex": {"labels": {"a": "b"}}, "primary": {"annotations": {"a": "b"}}}
    target, route = documents.target(), documents.route()
    target["spec"]["template"]["spec"] |= {
        "imagePullSecrets": [{"name": "registry"}],
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}],
        "volumes": [{"configMap": {"name": "c"}}, {"projected": {"sources": [{"secret": {"name": "s"}}]}}],
    }
    target["spec"]["template"]["spec"]["containers"][0] |= {
        "env": [
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "B", "value": "1"},
        ],
        "envFrom": [{"configMapRef": {"name": "c"}}],
    }
    neighbour = copy.deepcopy(documents.target())
    neighbour["metadata"]["name"] = "worker"
    template = {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "MetricTemplate",
        "metadata": {"name": "errors", "namespace": "test"},
        "spec": {
            "provider": {"type": "prometheus", "headers": {"X": ["a"]}, "secretRef": {"name": "s"}},
            "query": "vector({{ variables.code }})",
        },
    }
    twin = copy.deepcopy(canary)
    twin["metadata"]["name"] = "twin"
    listed = {"apiVersion": "v1", "kind": "List", "items": [neighbour, twin]}
    argo = [argo_documents.rollout(), argo_documents.template(), service("canary-demo")]
    return [canary, target, route, documents.autoscaler(), template, *argo, listed]


def places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Each node of a document, as what holds it and its key or index there."""
    for key in list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ():
        yield part, key
        yield from places(part[key])


def spoiled(chance: random.Random) -> bytes:
    """A release's file with a few nodes of it replaced, renamed or gone, and now and then something in its text."""
    every = whole()[: chance.choice((8, 9))]
    for _ in range(chance.choice((1, 1, 2, 4))):
        holder, key = chance.choice(list(places(every)))
        turn = chance.random()
        if turn < 0.2:
            del holder[key]
        elif turn < 0.3 and isinstance(holder, dict):
            holder[chance.choice(KEYS)] = holder.pop(key)
        else:
            holder[key] = copy.deepcopy(chance.choice(VALUES))
    text = yaml.dump_all(every, Dumper=Unaliased, explicit_start=True)
    for mark, raw in RAW.items():
        text = text.replace(f"'{mark}'", raw).replace(mark, raw)
    return garbled(text, chance).encode(errors="surrogatepass")


class Unaliased(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def garbled(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    turns = (
        text.replace("\n", "\r\n"),
        text[:at],
        text[:at] + chance.choice("\t\x00{[:*&!-%'\"\n\ufeff\ud800#|") + text[at:],
        text[:at] + "\n---\n" + text[at:],
        "%YAML 1.1\n" + text,
        text + text,
    )
    return chance.choice(turns) if chance.random() < 0.4 else text


@pytest.mark.parametrize("command", [check, convert], ids=["check", "convert"])
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_in_a_file_is_told_with_its_place(
    tmp_path: Path, seed: int, command: click.Command
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_bytes(spoiled(random.Random(seed)))
    done = CliRunner().invoke(command, [str(path)])
    if done.exception is None:
        return
    assert isinstance(done.exception, DocumentRefused), done.exc_info
    for line in done.exception.problem.splitlines():
        assert line.startswith((f"{path}: ", f"{path}[", "there is "))
        assert "Error" not in line
