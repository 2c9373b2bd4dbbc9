"""Every rule with a resource that passes and one that does not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from policies import environments, pack, tokens
from policies.rule import Finding, Rule, Subject
from tests.components import documents

NOW = datetime(2026, 1, 31, 12, 10, tzinfo=UTC)
RULES = {rule.name: rule for rule in pack.RULES}
Manifest = dict[str, Any]
Change = Callable[[Manifest], None]


def judge(rule: Rule, manifest: Manifest, type: str, environment: str = "prod") -> list[Finding]:
    config = environments.of(environment).bounds.get(rule.name, {})
    assert type in rule.types
    return list(rule.check(Subject(type, manifest, config, NOW)))


def deployment(change: Change | None = None) -> Manifest:
    return changed(documents.target(), change)


def canary(change: Change | None = None) -> Manifest:
    return changed(documents.canary_document(), change)


def changed(manifest: Manifest, change: Change | None) -> Manifest:
    manifest = copy.deepcopy(manifest)
    if change:
        change(manifest)
    return manifest


def first_container(manifest: Manifest) -> Manifest:
    container: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return container


def setting(**fields: Any) -> Change:
    """A change of the first container; None takes a field away."""

    def change(manifest: Manifest) -> None:
        container = first_container(manifest)
        container |= fields
        for name in [name for name, value in fields.items() if value is None]:
            del container[name]

    return change


def analysing(**fields: Any) -> Change:
    return lambda manifest: manifest["spec"]["analysis"].update(fields)


@pytest.mark.parametrize("image", ["shop:1.2", "registry:5000/shop:1.2", "shop@sha256:" + "a" * 64])
def test_a_pinned_image_passes(image: str) -> None:
    assert judge(RULES["images-pinned"], deployment(setting(image=image)), tokens.DEPLOYMENT) == []


@pytest.mark.parametrize("image", ["shop", "shop:latest", "registry:5000/shop", None])
def test_an_image_that_may_change_is_refused(image: str | None) -> None:
    (finding,) = judge(RULES["images-pinned"], deployment(setting(image=image)), tokens.DEPLOYMENT)
    assert str(finding).startswith(
        f"container podinfod of podinfo.test runs image {image or 'none'}, which can change"
    )


def test_init_containers_and_jobs_are_looked_at_too() -> None:
    job = {
        "metadata": {"name": "j"},
        "spec": {"template": {"spec": {"initContainers": [{"name": "i", "image": "x"}]}}},
    }
    assert judge(RULES["images-pinned"], job, tokens.JOB)
    assert judge(RULES["images-pinned"], {"spec": {"jobTemplate": {"spec": job["spec"]}}}, tokens.CRON_JOB)
    assert judge(RULES["images-pinned"], {"spec": {"containers": [{"name": "c", "image": "x"}]}}, tokens.POD)


@pytest.mark.parametrize(
    ("rule", "fields", "said"),
    [
        (
            "resources-bounded",
            {"resources": None},
            "requests.cpu, requests.memory, limits.cpu, limits.memory",
        ),
        (
            "resources-bounded",
            {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}},
            "limits.cpu, limits.memory",
        ),
        ("containers-probed", {"readinessProbe": None}, "no readinessProbe"),
        (
            "containers-probed",
            {"readinessProbe": None, "livenessProbe": None},
            "no readinessProbe and no livenessProbe",
        ),
    ],
    ids=["no resources", "no limits", "no readiness", "no probes"],
)
def test_pods_say_what_they_need_and_whether_they_are_well(rule: str, fields: Manifest, said: str) -> None:
    assert judge(RULES[rule], deployment(), tokens.DEPLOYMENT) == []
    (finding,) = judge(RULES[rule], deployment(setting(**fields)), tokens.DEPLOYMENT)
    assert said in finding.problem


@pytest.mark.parametrize(
    ("weights", "passes"),
    [
        ((80, 20), True),
        ((80.0, 20.0), True),
        ((80, 30), False),
        ((80.5, 19.5), False),
        ((100, None), False),
        ((120, -20), False),
    ],
    ids=["whole", "whole as floats", "more than 100", "fractions", "missing", "negative"],
)
def test_weights_are_whole_and_sum_to_100(weights: tuple[Any, Any], passes: bool) -> None:
    assert (judge(RULES["weights-whole"], split(*weights), tokens.APISIX_ROUTE) == []) is passes


def test_a_rule_with_one_backend_needs_no_weight() -> None:
    assert judge(RULES["weights-whole"], documents.route(), tokens.APISIX_ROUTE) == []


@pytest.mark.parametrize(
    "metrics",
    [
        [],
        [{"name": "request-duration", "thresholdRange": {"max": 500}}],
        [{"name": "request-success-rate"}],
    ],
    ids=["none", "latency alone", "no bound"],
)
def test_a_canary_without_a_check_of_success_is_refused(metrics: list[Manifest]) -> None:
    assert judge(RULES["canary-measured"], canary(), tokens.CANARY) == []
    assert judge(RULES["canary-measured"], canary(analysing(metrics=metrics)), tokens.CANARY)


def test_a_template_with_a_bound_is_a_check_of_success() -> None:
    metrics = [{"name": "404s", "templateRef": {"name": "t"}, "thresholdRange": {"max": 5}}]
    assert judge(RULES["canary-measured"], canary(analysing(metrics=metrics)), tokens.CANARY) == []


def test_skipping_the_analysis_is_refused() -> None:
    skipping = canary(lambda manifest: manifest["spec"].update(skipAnalysis=True))
    assert judge(RULES["canary-measured"], skipping, tokens.CANARY)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stepWeight": 30}, "moves 30 % of the traffic at once, more than 20 %"),
        ({"stepWeight": 0, "stepWeights": [5, 10, 45]}, "moves 35 % of the traffic at once, more than 20 %"),
        ({"maxWeight": 80}, "sends up to 80 % of the traffic to a canary, more than 50 %"),
        ({"stepWeight": 0, "stepWeights": [20, 40, 60]}, "sends up to 60 % of the traffic to a canary"),
        ({"interval": "2s"}, "takes a step every 2 s, sooner than every 10 s"),
    ],
    ids=["step", "listed step", "maximum", "listed maximum", "interval"],
)
def test_step_maximum_and_interval_stay_within_bounds(fields: Manifest, said: str) -> None:
    assert judge(RULES["canary-bounds"], canary(), tokens.CANARY) == []
    (finding,) = judge(RULES["canary-bounds"], canary(analysing(**fields)), tokens.CANARY)
    assert said in finding.problem


def counting() -> Change:
    return analysing(stepWeight=0, iterations=3)


def test_dev_is_wider_than_prod() -> None:
    quick = canary(analysing(interval="2s", stepWeight=30, maxWeight=90))
    assert judge(RULES["canary-bounds"], quick, tokens.CANARY, "dev.test.podinfo") == []


def test_an_unknown_environment_is_as_strict_as_prod() -> None:
    assert environments.of("live.test.podinfo") is environments.of("prod")


def split(primary: Any, canary: Any, evidence: Any = None) -> Manifest:
    route = documents.route()
    rule = route["spec"]["http"][0]
    rule["backends"] = [
        {"serviceName": "podinfo-primary", "servicePort": 80, "weight": primary},
        {"serviceName": "podinfo-canary", "servicePort": 80, "weight": canary},
    ]
    text = evidence if isinstance(evidence, str) else json.dumps(evidence)
    route["metadata"]["annotations"] = {"sluice.delivery/evidence": text} if evidence else {}
    return route


def evidence(before: int = 10, after: int = 20, **fields: Any) -> Manifest:
    metric = {"name": "request-success-rate", "kind": "metric", "passed": True, "value": 99.5, "min": 99}
    known: Manifest = {
        "from": {"primary": 100 - before, "canary": before},
        "to": {"primary": 100 - after, "canary": after},
        "checks": [metric],
        "approvals": [],
        "measuredAt": "2026-01-31T12:00:00Z",
        "steps": {"stepWeight": 10, "maxWeight": 50},
    }
    return known | fields


def check(**fields: Any) -> list[Manifest]:
    return [{"name": "rate", "kind": "metric", "passed": True, "value": 99.5, "min": 99} | fields]


def promote(weight: int, evidence: Any = None, environment: str = "prod") -> list[Finding]:
    route = split(100 - weight, weight, evidence)
    return judge(RULES["canary-promotion"], route, tokens.APISIX_ROUTE, environment)


def test_a_declared_step_with_fresh_passing_evidence_passes() -> None:
    assert promote(20, evidence()) == []


def test_the_first_step_rests_on_readiness_and_hooks() -> None:
    hooks = [{"name": "smoke", "kind": "hook", "passed": True}]
    assert promote(10, evidence(0, 10, checks=hooks)) == []


def test_a_listed_step_passes() -> None:
    assert promote(15, evidence(5, 15, steps={"stepWeights": [5, 15, 30]})) == []


def test_chosen_requests_move_at_once_on_readiness_and_hooks() -> None:
    hooks = [{"name": "smoke", "kind": "hook", "passed": True}]
    steps = {"iterations": 3, "match": ["{}"]}
    assert promote(100, evidence(0, 100, checks=hooks, steps=steps)) == []


def test_everybody_moves_at_once_after_iterations_that_measured() -> None:
    assert promote(100, evidence(0, 100, steps={"iterations": 3}), "staging") == []
    (finding,) = promote(100, evidence(0, 100, checks=[], steps={"iterations": 3}), "staging")
    assert "nothing was measured there" in finding.problem


def test_in_prod_nobody_moves_everybody_at_once() -> None:
    (finding,) = promote(100, evidence(0, 100, steps={"iterations": 3}))
    assert finding.problem == "route podinfo.test rises from 0 % to 100 % at once, and here nobody may"
    (finding,) = judge(RULES["canary-bounds"], canary(counting()), tokens.CANARY)
    assert "moves all users at once after its iterations, and here nobody may" in finding.problem


@pytest.mark.parametrize(
    ("change", "environment"),
    [
        (lambda canary: None, "staging"),
        (
            lambda canary: canary["spec"]["analysis"].update(match=[{"headers": {"x": {"exact": "y"}}}]),
            "prod",
        ),
        (lambda canary: canary["spec"].update(provider="kubernetes"), "prod"),
    ],
    ids=["staging", "chosen requests", "Services alone"],
)
def test_iterations_that_move_few_or_nobody_are_within_bounds(change: Change, environment: str) -> None:
    counted = changed(canary(counting()), change)
    assert judge(RULES["canary-bounds"], counted, tokens.CANARY, environment) == []


def test_a_rollouts_weight_is_earned_by_the_step_before_and_by_analyses_that_have_not_failed() -> None:
    listed = {"stepWeights": [20, 5, 15]}
    step = {"name": "pause: 2m0s", "kind": "step", "passed": True}
    assert promote(15, evidence(5, 15, checks=[step], steps=listed)) == []
    bad = {"name": "success-rate", "kind": "analysis", "passed": False}
    (finding,) = promote(15, evidence(5, 15, checks=[step, bad], steps=listed))
    assert "success-rate did not pass" in finding.problem


def test_the_canarys_service_may_have_any_name_where_the_route_says_which_it_is() -> None:
    route = split(70, 30)
    route["spec"]["http"][0]["backends"][1]["serviceName"] = "shop-preview"
    assert judge(RULES["canary-promotion"], route, tokens.APISIX_ROUTE) == []
    route["metadata"]["annotations"] = {"sluice.delivery/canary-service": "shop-preview"}
    (finding,) = judge(RULES["canary-promotion"], route, tokens.APISIX_ROUTE)
    assert "sends 30 % to the canary without evidence" in finding.problem


@pytest.mark.parametrize("grounds", [None, "{}", evidence(50, 0)], ids=["none", "broken", "of a rollback"])
def test_weight_zero_always_passes(grounds: Any) -> None:
    assert promote(0, grounds) == []


def test_a_step_down_passes_however_old_its_evidence_is() -> None:
    assert promote(20, evidence(40, 20, checks=[], measuredAt="2020-01-01T00:00:00Z")) == []


def test_staying_at_the_weight_for_the_promotion_passes() -> None:
    assert promote(50, evidence(50, 50)) == []


@pytest.mark.parametrize(
    ("weight", "grounds", "said"),
    [
        (100, None, "sends 100 % to the canary without evidence that it may"),
        (20, "not json", "without evidence"),
        (20, {"from": {}}, "without evidence"),
        (100, evidence(), "its evidence is for 20 %"),
        (100, evidence(50, 100), "the Canary declares at most 50 %"),
        (100, evidence(100, 100), "the Canary declares at most 50 %"),
        (30, evidence(10, 30), "the Canary declares 10 % at once"),
        (15, evidence(10, 15, steps={"stepWeights": [5, 10]}), "the Canary declares at most 10 %"),
        (20, evidence(5, 20, steps={"stepWeights": [5, 10, 20]}), "the Canary declares 5 % at once"),
        (30, evidence(0, 30, steps={"stepWeight": 30, "maxWeight": 50}), "more than 20 % at once"),
        (20, evidence(checks=check(value=98.0)), "rate did not pass"),
        (20, evidence(checks=check(value=None)), "rate did not pass"),
        (20, evidence(checks=check(min=None)), "rate did not pass"),
        (20, evidence(checks=check(max=99)), "rate did not pass"),
        (
            20,
            evidence(checks=[*check(), {"name": "smoke", "kind": "hook", "passed": False}]),
            "smoke did not pass",
        ),
        (20, evidence(checks=[]), "nothing was measured there"),
        (
            20,
            evidence(checks=[{"name": "smoke", "kind": "hook", "passed": True}]),
            "nothing was measured there",
        ),
        (20, evidence(measuredAt="2026-01-31T10:00:00Z"), "is 7800 s old, more than 3600 s"),
        (20, evidence(measuredAt="2026-01-31T12:20:00Z"), "was measured 600 s from now"),
        (20, evidence(measuredAt="yesterday"), "does not say when it was measured"),
    ],
    ids=[
        "a hand-made 100",
        "no JSON",
        "not what evidence is",
        "evidence of another step",
        "beyond the declared maximum",
        "claimed to be there already",
        "two steps at once",
        "beyond the list",
        "a listed step left out",
        "a step that the environment forbids",
        "below the bound, said to have passed",
        "no value",
        "no bound",
        "above the bound",
        "a failed hook",
        "no checks",
        "hooks alone",
        "stale",
        "from the future",
        "without a time",
    ],
)
def test_a_weight_that_was_not_earned_is_refused(weight: int, grounds: Any, said: str) -> None:
    (finding, *_) = promote(weight, grounds)
    assert said in finding.problem
    assert finding.remedy


def test_a_single_backend_gets_everything_whatever_its_weight_says() -> None:
    route = documents.route()
    route["spec"]["http"][0]["backends"] = [{"serviceName": "podinfo-canary", "servicePort": 80, "weight": 1}]
    (finding,) = judge(RULES["canary-promotion"], route, tokens.APISIX_ROUTE)
    assert "sends 100 % to the canary" in finding.problem


def test_a_name_is_unique_and_has_a_sentence() -> None:
    assert len(RULES) == len(pack.RULES)
    assert all(rule.description.endswith(".") for rule in pack.RULES)


def test_bounds_fit_the_schema_of_their_rule() -> None:
    for environment in environments.ENVIRONMENTS.values():
        for name, bounds in environment.bounds.items():
            assert set(bounds) == set(RULES[name].schema)
        assert environment.without <= set(RULES)
