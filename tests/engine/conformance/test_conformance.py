"""Both engines do the same with the same programs, but for what stands in the list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from automation.cluster.client import Cluster
from tests.engine.conformance.allowed import ALLOWED
from tests.engine.conformance.case import Api, Case
from tests.engine.conformance.cases import CASES
from tests.engine.conformance.comparison import differences
from tests.engine.conformance.engines import Engine, Site
from tests.engine.conformance.record import Recorder

Records = dict[str, Any]

GROUPS = ("config", "plugin", "stack", "state")
"""Commands that have others below them."""


@pytest.mark.timeout(1800)  # the first one may have to wait for the official engine to be built
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_both_engines_do_the_same(
    case: Case, embedded: Engine, measure: Engine, api_server: Path, interpreters: Path, tmp_path: Path
) -> None:
    pairs = ((embedded, measure), (measure, embedded))
    sites = [Site(case, own, tmp_path / own.name, api_server, interpreters) for own, _ in pairs]
    with ThreadPoolExecutor(2) as pool:
        records = pool.map(played, sites, [other for _, other in pairs])
        ours, theirs = by_engine(case, *records)

    found = [
        difference
        for difference in differences(ours, theirs, case.name)
        if not any(allowed.covers(difference) for allowed in ALLOWED)
    ]

    assert not found, "\n".join(["the engines differ:", *map(str, found)])


def by_engine(case: Case, first: Records, second: Records) -> tuple[Records, Records]:
    """What each engine did: where a stack changes hands, it was the other one."""
    for stage, name in zip(case.stages, list(first), strict=True):
        if stage.changes_hands:
            first[name], second[name] = second[name], first[name]
    return first, second


def played(site: Site, other: Engine) -> Records:
    """The records of all stages of a case by their names."""
    api = Cluster.connect(str(site.kubeconfig))
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": site.namespace}}
    api.request("POST", "/api/v1/namespaces", body=body)
    site.prepare()
    recorder, records = Recorder(site, api.request), {}
    for index, stage in enumerate(site.case.stages):
        if stage.before:
            stage.before(Api(api.request, site.namespace, site.state, site.work))
        records[f"{index} {verb(stage.command)}"] = recorder.record(site.run(stage, other))
    return records


def verb(command: str) -> str:
    """What a command does, in its words before options and values: `up`, `diff`, `stack output`."""
    first, *rest = command.split()
    if "--diff" in rest:
        return "diff"
    return f"{first} {rest[0]}" if first in GROUPS and rest and rest[0].isalpha() else first
