"""AnalysisTemplates: what they say as values, what is wrong with them, and how arguments make a plan of them."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.refusal import Refused
from automation.core.runs.metric import Plan
from automation.core.steps import AnalysisUse, Argument, TemplateName
from documents.argo.template import by_name, parse, plan_of
from tests.core.documents import MISSING
from tests.documents.argo_documents import changed, metric, template

PATH = "spec.strategy.canary.analysis"
USE = AnalysisUse((TemplateName("success-rate"),), (Argument("ingress", "shop"),))
SECRET = {"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}


def other(name: str, **fields: Any) -> dict[str, Any]:
    """Another template, with fields of its spec set."""
    renamed = template({"metadata.name": name, "spec.metrics.0.name": name})
    return changed(renamed, {f"spec.{field}": value for field, value in fields.items()})


def plan(use: AnalysisUse, *documents: dict[str, Any]) -> Plan:
    return plan_of(use, by_name(documents))


def refusals(use: AnalysisUse, *documents: dict[str, Any]) -> list[str]:
    with pytest.raises(Refused) as refused:
        plan(use, *documents)
    return [str(problem) for problem in refused.value.problems]


def test_a_template_with_its_arguments_becomes_a_plan() -> None:
    (read,) = plan(USE, template()).metrics
    assert (read.name, read.provider, read.interval, read.failure_limit, read.measurements) == (
        "success-rate",
        "prometheus",
        10.0,
        3,
        None,
    )
    assert read.success
    assert read.success.text == "result[0] > 0.90"
    assert 'ingress="shop"' in read.settings["query"]


def test_numbers_may_be_texts_and_arguments() -> None:
    numbered = metric(
        count="{{args.count}}", interval="{{ args.pace }}", failureLimit="2", consecutiveErrorLimit=1
    )
    arguments = [{"name": "count", "value": "7"}, {"name": "pace", "value": "1m"}, {"name": "ingress"}]
    (read,) = plan(USE, changed(numbered, {"spec.args": arguments})).metrics
    assert (read.count, read.interval, read.failure_limit, read.consecutive_error_limit) == (7, 60.0, 2, 1)


def test_what_only_a_run_knows_stays_as_it_is() -> None:
    hashed = AnalysisUse(USE.templates, (Argument("ingress", "Latest", "podTemplateHashValue"),))
    (read,) = plan(hashed, template()).metrics
    assert 'ingress="{{args.ingress}}"' in read.settings["query"]


def test_templates_are_merged_with_what_they_take_in_each_once() -> None:
    outer = other("outer", templates=[{"templateName": "inner"}], metrics=[], args=[])
    inner = other("inner", templates=[{"templateName": "outer"}])
    use = AnalysisUse((TemplateName("outer"), TemplateName("success-rate")), USE.arguments)
    assert [one.name for one in plan(use, outer, inner, template()).metrics] == ["success-rate", "inner"]


def test_a_template_of_the_cluster_is_told_from_one_of_the_namespace() -> None:
    cluster = template({"kind": "ClusterAnalysisTemplate"})
    use = AnalysisUse((TemplateName("success-rate", cluster=True),), USE.arguments)
    assert len(plan(use, cluster).metrics) == 1
    assert plan(USE, cluster).metrics == ()


def test_metrics_that_decide_nothing_and_how_many_measurements_are_kept() -> None:
    use = AnalysisUse(USE.templates, USE.arguments, dry_run=("success.*",), retention={".*": 5})
    found = plan(use, template())
    assert (found.dry_run, found.retained("success-rate")) == (frozenset({"success-rate"}), 5)


def test_an_argument_that_nobody_gives_is_told() -> None:
    assert refusals(AnalysisUse(USE.templates, path=PATH), template()) == [
        "spec.strategy.canary.analysis.args: argument ingress was not supplied; add it with name: ingress"
    ]


def test_arguments_of_templates_that_contradict_each_other_are_told() -> None:
    one, two = (other(name, args=[{"name": "ingress", "value": name}]) for name in ("one", "two"))
    use = AnalysisUse((TemplateName("one"), TemplateName("two")))
    (told,) = refusals(use, one, two)
    assert "argument ingress has different values in these templates" in told


def test_a_metric_of_two_templates_is_told() -> None:
    use = AnalysisUse((TemplateName("success-rate"), TemplateName("other")), USE.arguments)
    (told,) = refusals(use, template(), other("other", metrics=template()["spec"]["metrics"]))
    assert "metric success-rate stands in more than one of these templates" in told


def test_an_argument_that_makes_a_metric_impossible_is_told_with_its_template() -> None:
    use = AnalysisUse(USE.templates, (*USE.arguments, Argument("limit", "many")))
    numbered = changed(
        metric(failureLimit="{{args.limit}}"), {"spec.args": [{"name": "limit"}, {"name": "ingress"}]}
    )
    assert refusals(use, numbered) == [
        "AnalysisTemplate success-rate.default: metric success-rate.failureLimit: 'many' is out of bounds; use a whole "
        "number from -1 on"
    ]


METRIC = "spec.metrics[0]"
PROBLEMS: dict[str, tuple[dict[str, Any], str]] = {
    "another version": (template({"apiVersion": "v1"}), "apiVersion: 'v1' is not known"),
    "no metrics": (template({"spec.metrics": []}), "spec.metrics: is missing, so nothing would be measured"),
    "a condition that can't be read": (
        metric(successCondition="result[0] >"),
        f"{METRIC}.successCondition: 'result[0] >' can't be read: character 12: the end stands where a value should",
    ),
    "a condition with a misspelt name": (
        metric(failureCondition="resul > 1"),
        f"{METRIC}.failureCondition: 'resul > 1' can't be read: character 1: resul is not known; did you mean result?",
    ),
    "an argument that the template does not have": (
        metric(**{"provider.prometheus.query": "up{a='{{args.app}}'}"}),
        f"{METRIC}.provider.prometheus.query: {{{{args.app}}}} is not known; known are: {{{{args.ingress}}}}",
    ),
    "a reference to something else": (
        metric(**{"provider.prometheus.query": "up{a='{{inputs.app}}'}"}),
        f"{METRIC}.provider.prometheus.query: {{{{inputs.app}}}} is not known",
    ),
    "an interval that is none": (metric(interval="soon"), f"{METRIC}.interval: 'soon' is not a duration"),
    "many measurements without a pace": (
        metric(count=3, interval=MISSING),
        f"{METRIC}.interval: is missing though it is measured more than once",
    ),
    "nothing that could fail": (
        metric(failureLimit=-1),
        f"{METRIC}.failureLimit: is switched off, and so is consecutiveSuccessLimit",
    ),
    "a negative limit": (metric(inconclusiveLimit=-1), f"{METRIC}.inconclusiveLimit: -1 is out of bounds"),
    "less measurements than may fail": (
        metric(count=2),
        f"{METRIC}.count: 2 is less than failureLimit and consecutiveSuccessLimit together (3)",
    ),
    "less measurements than may be inconclusive": (
        metric(count=3, inconclusiveLimit=4),
        f"{METRIC}.count: is less than inconclusiveLimit",
    ),
    "no provider": (metric(provider={}), f"{METRIC}.provider.prometheus: is missing: nobody is asked"),
    "two providers": (
        metric(**{"provider.web": {"url": "http://x"}}),
        f"{METRIC}.provider.web: is there beside prometheus; make a metric of each",
    ),
    "a signature for AWS of another role": (
        metric(
            **{"provider.prometheus.authentication": {"sigv4": {"region": "eu-west-1", "roleArn": "arn:x"}}}
        ),
        f"{METRIC}.provider.prometheus.authentication.sigv4.roleArn: is not taken on here; give the driver's Service",
    ),
    "a signature for AWS of nowhere": (
        metric(**{"provider.prometheus.authentication": {"sigv4": {"profile": ""}}}),
        f"{METRIC}.provider.prometheus.authentication.sigv4.region: is missing",
    ),
    "a client without a secret": (
        metric(
            **{"provider.prometheus.authentication": {"oauth2": {"tokenUrl": "https://x/", "clientId": "me"}}}
        ),
        f"{METRIC}.provider.prometheus.authentication.oauth2.clientSecret: is missing",
    ),
    "a range that begins nowhere": (
        metric(**{"provider.prometheus.rangeQuery": {"start": "then", "end": "now()", "step": "1m"}}),
        f"{METRIC}.provider.prometheus.rangeQuery.start: 'then' begins neither with now() nor with date(...); write it",
    ),
    "a range without points": (
        metric(**{"provider.prometheus.rangeQuery": {"start": "now()", "end": "now()", "step": "0s"}}),
        f"{METRIC}.provider.prometheus.rangeQuery.step: 0s is too short",
    ),
    "a provider that is not there yet": (
        metric(provider={"kayenta": {"address": "x"}}),
        f"{METRIC}.provider.kayenta: is not supported yet; use one of prometheus, web",
    ),
    "Datadog without a query": (
        metric(provider={"datadog": {"apiVersion": "v2"}}),
        f"{METRIC}.provider.datadog.queries: is missing, and so is query; give one of them",
    ),
    "Datadog with a query and queries": (
        metric(provider={"datadog": {"apiVersion": "v2", "query": "x", "queries": {"a": "x"}}}),
        f"{METRIC}.provider.datadog.queries: is there beside query; give one of them",
    ),
    "Datadog with a formula of the other version": (
        metric(provider={"datadog": {"query": "x", "aggregator": "avg"}}),
        f"{METRIC}.provider.datadog.aggregator: is only of version 2; set apiVersion to v2, or leave it out",
    ),
    "Datadog with a formula of nothing": (
        metric(provider={"datadog": {"apiVersion": "v2", "query": "x", "formula": "a"}}),
        f"{METRIC}.provider.datadog.formula: has no queries to rest on; give queries, or leave it out",
    ),
    "Datadog with queries and no formula": (
        metric(provider={"datadog": {"apiVersion": "v2", "queries": {"a": "x", "b": "y"}}}),
        f"{METRIC}.provider.datadog.formula: is missing, so which of the queries counts?",
    ),
    "Datadog that has no time to answer": (
        metric(provider={"datadog": {"query": "x", "requestTimeout": "0s"}}),
        f"{METRIC}.provider.datadog.requestTimeout: 0s is too short",
    ),
    "Datadog with a Secret of the namespace that has no name": (
        metric(provider={"datadog": {"query": "x", "secretRef": {"namespaced": True}}}),
        f"{METRIC}.provider.datadog.secretRef.name: is missing",
    ),
    "CloudWatch without a query": (
        metric(provider={"cloudWatch": {"interval": "5m"}}),
        f"{METRIC}.provider.cloudWatch.metricDataQueries: is missing, so nothing is asked",
    ),
    "CloudWatch with a query of nothing": (
        metric(provider={"cloudWatch": {"metricDataQueries": [{"id": "a"}]}}),
        f"{METRIC}.provider.cloudWatch.metricDataQueries[0].metricStat: is missing, and so is expression",
    ),
    "Graphite without an address": (
        metric(provider={"graphite": {"query": "x"}}),
        f"{METRIC}.provider.graphite.address: is missing",
    ),
    "New Relic without a query": (
        metric(provider={"newRelic": {"profile": "x"}}),
        f"{METRIC}.provider.newRelic.query: is missing",
    ),
    "InfluxDB with a field of another": (
        metric(provider={"influxdb": {"query": "x", "address": "y"}}),
        f"{METRIC}.provider.influxdb.address: is not a field of an AnalysisTemplate",
    ),
    "a provider that is none": (
        metric(provider={"prometeus": {}}),
        f"{METRIC}.provider.prometeus: is not a field of an AnalysisTemplate; did you mean prometheus?",
    ),
    "no query": (
        metric(**{"provider.prometheus": {"address": "x"}}),
        f"{METRIC}.provider.prometheus.query: is missing",
    ),
    "an address of the web that is none": (
        metric(provider={"web": {"url": "shop"}}),
        f"{METRIC}.provider.web.url: 'shop' is not a web address",
    ),
    "two metrics of one name": (
        template({"spec.metrics": template()["spec"]["metrics"] * 2}),
        "spec.metrics[1].name: success-rate is there twice",
    ),
    "a pattern that no metric has": (
        template({"spec.dryRun": [{"metricName": "latency"}]}),
        "spec.dryRun[0].metricName: 'latency' is no metric's name; name one of success-rate",
    ),
    "how many are kept of a metric that is none": (
        template({"spec.measurementRetention": [{"metricName": "latency", "limit": 2}]}),
        "spec.measurementRetention[0].metricName: 'latency' is no metric's name",
    ),
    "a secret without a key": (
        template(
            {"spec.args": [{"name": "ingress"}, {"name": "t", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}
        ),
        "spec.args[1].valueFrom.secretKeyRef.key: is missing",
    ),
    "a metric that is a text": (template({"spec.metrics": ["x"]}), "spec.metrics[0]: is text, not an object"),
}


@pytest.mark.parametrize(("document", "told"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_template_that_can_not_work_is_refused_with_path_and_remedy(document: Any, told: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(document)
    said = [str(problem) for problem in refused.value.problems]
    assert any(one.startswith(told) for one in said), said


@pytest.mark.parametrize(
    "document",
    [
        template(),
        template({"kind": "ClusterAnalysisTemplate", "metadata": {"name": "x"}}),
        template({"spec.args": [{"name": "ingress"}, SECRET]}),
        metric(provider={"web": {"url": "https://{{args.ingress}}/x", "jsonPath": "{$.ok}"}}),
        metric(
            provider={
                "datadog": {
                    "apiVersion": "v2",
                    "interval": "5m",
                    "requestTimeout": "30s",
                    "queries": {"a": "x", "b": "y"},
                    "formula": "a / b",
                    "aggregator": "avg",
                    "secretRef": {"name": "keys", "namespaced": True},
                }
            }
        ),
        metric(**{"provider.prometheus.authentication": {"sigv4": {"region": "eu-west-1"}}}),
        metric(provider={"newRelic": {"query": "SELECT 1", "profile": "keys", "timeout": 10}}),
        metric(provider={"wavefront": {"query": "ts(x)", "address": "shop.wavefront.com"}}),
        metric(provider={"graphite": {"query": "target=x", "address": "http://graphite"}}),
        metric(provider={"influxdb": {"query": "x", "profile": "{{args.ingress}}"}}),
        metric(
            provider={
                "cloudWatch": {
                    "interval": "{{args.ingress}}",
                    "metricDataQueries": [
                        {"id": "rate", "expression": "a / b", "returnData": True},
                        {
                            "id": "a",
                            "metricStat": {"metric": {"metricName": "x"}, "period": "300", "stat": "Sum"},
                        },
                    ],
                }
            }
        ),
        metric(successCondition=MISSING),
        metric(count="{{args.ingress}}"),
    ],
    ids=[
        "the article's",
        "of the cluster",
        "with a secret",
        "from the web",
        "from Datadog",
        "from Amazon's Prometheus",
        "from New Relic",
        "from Wavefront",
        "from Graphite",
        "from InfluxDB",
        "from CloudWatch",
        "without a condition",
        "a number to come",
    ],
)
def test_a_template_that_can_work_is_read(document: Any) -> None:
    assert parse(document).name.name
