"""The pack as a process: started as Pulumi starts it, asked as Pulumi asks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from components.generate import generate
from components.inputs import Inputs
from documents.front import canary_of
from policies import pack, tokens
from tests.components import documents

PACK = Path(pack.__file__).parent


@dataclass(frozen=True)
class Analyzer:
    """The served pack, asked about the resources of one stack."""

    stub: Any
    stack: str

    def configured(self, config: dict[str, dict[str, Any]] | None = None) -> Analyzer:
        """The pack with a policy configuration, none by default."""
        policies = {
            name: analyzer_pb2.PolicyConfig(
                enforcementLevel=analyzer_pb2.MANDATORY,
                properties=json_format.ParseDict(values, struct_pb2.Struct()),
            )
            for name, values in (config or {}).items()
        }
        self.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=policies))
        return self

    def violations(self, type: str, manifest: dict[str, Any]) -> list[tuple[str, int]]:
        """Name and level of every policy that a resource violates."""
        properties = json_format.ParseDict(manifest, struct_pb2.Struct())
        urn = f"urn:pulumi:{self.stack}::sluice::{type}::name"
        request = analyzer_pb2.AnalyzeRequest(type=type, urn=urn, name="name", properties=properties)
        diagnostics = self.stub.Analyze(request).diagnostics
        return [(diagnostic.policyName, diagnostic.enforcementLevel) for diagnostic in diagnostics]


@pytest.fixture(scope="module")
def served() -> Iterator[Any]:
    """The pack as an engine starts it that tells it nothing of the stack: one process for all stacks."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)]
    with subprocess.Popen(command, cwd=PACK, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.kill()


@pytest.fixture
def prod(served: Any) -> Analyzer:
    return Analyzer(served, "prod.test.podinfo").configured()


@pytest.fixture
def dev(served: Any) -> Analyzer:
    return Analyzer(served, "dev.test.podinfo").configured()


def test_the_pack_offers_every_rule_as_mandatory(prod: Analyzer) -> None:
    information = prod.stub.GetAnalyzerInfo(empty_pb2.Empty())
    assert information.name == "sluice"
    assert [policy.name for policy in information.policies] == [rule.name for rule in pack.RULES]
    assert {policy.enforcementLevel for policy in information.policies} == {analyzer_pb2.MANDATORY}


def test_a_hand_made_weight_is_refused(prod: Analyzer) -> None:
    route = documents.route()
    route["spec"]["http"][0]["backends"] = [
        {"serviceName": "podinfo-primary", "servicePort": 80, "weight": 0},
        {"serviceName": "podinfo-canary", "servicePort": 80, "weight": 100},
    ]
    found = prod.violations(tokens.APISIX_ROUTE, route)
    assert found == [("canary-promotion", analyzer_pb2.MANDATORY)]


def test_what_the_program_declares_for_a_step_passes_but_for_its_age(prod: Analyzer) -> None:
    """The evidence of the tests' step is from a fixed day: with an allowance of a century nothing is left to say."""
    canary = canary_of(documents.canary_document())
    inputs = Inputs(
        documents.placement(20),
        documents.target(),
        "uid",
        documents.revision(),
        {},
        documents.autoscaler(),
        documents.route(),
    )
    generated = generate(canary, inputs)
    assert generated.route is not None
    assert generated.primary is not None
    century = {"canary-promotion": {"maxAgeSeconds": 3_200_000_000}}
    asked = prod.configured(century)
    assert asked.violations(tokens.APISIX_ROUTE, generated.route) == []
    assert asked.violations(tokens.DEPLOYMENT, generated.primary) == []


def test_a_stack_is_judged_by_the_bounds_of_its_environment(dev: Analyzer, prod: Analyzer) -> None:
    quick = documents.canary_document()
    quick["spec"]["analysis"]["interval"] = "2s"
    assert dev.violations(tokens.CANARY, quick) == []
    found = prod.violations(tokens.CANARY, quick)
    assert found == [("canary-bounds", analyzer_pb2.MANDATORY)]


def test_a_configuration_goes_before_the_bounds_of_the_environment(prod: Analyzer) -> None:
    quick = documents.canary_document()
    quick["spec"]["analysis"]["interval"] = "2s"
    asked = prod.configured({"canary-bounds": {"minIntervalSeconds": 1}})
    assert asked.violations(tokens.CANARY, quick) == []


def test_dev_does_without_limits_and_probes(dev: Analyzer, prod: Analyzer) -> None:
    bare = documents.target()
    container = bare["spec"]["template"]["spec"]["containers"][0]
    for field in ("resources", "readinessProbe", "livenessProbe"):
        del container[field]
    assert dev.violations(tokens.DEPLOYMENT, bare) == []
    assert [name for name, _ in prod.violations(tokens.DEPLOYMENT, bare)] == [
        "resources-bounded",
        "containers-probed",
    ]
