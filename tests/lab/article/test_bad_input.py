"""Documents that can't work, and documents that name what isn't there: refused before traffic moves."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.lab.article import documents
from tests.lab.article.application import Application
from tests.lab.article.documents import Document
from tests.lab.article.ground import Done, Ground, Running

pytestmark = pytest.mark.lab

Change = Callable[[Mapping[str, Document]], None]
"""Spoils the documents of an application, by kind."""
OWN_METRIC = {"name": "mine", "thresholdRange": {"max": 1}, "interval": "5s"}


@dataclass(frozen=True)
class Case:
    """How documents are spoilt, and what a release of them says."""

    spoil: Change
    says: tuple[str, ...]


def spec(kind: str) -> Callable[..., Change]:
    """Sets fields of the spec of one document by path: `spec("Canary")(analysis__interval="0s")`."""

    def change(**fields: object) -> Change:
        def spoil(documents: Mapping[str, Document]) -> None:
            for path, value in fields.items():
                *parents, last = path.split("__")
                place = documents[kind]["spec"]
                for parent in parents:
                    place = place[parent]
                place[last] = value

        return spoil

    return change


def backend(name: str, port: int) -> Change:
    return spec("ApisixRoute")(
        http=[
            {
                "name": "method",
                "match": {"paths": ["/*"]},
                "backends": [{"serviceName": name, "servicePort": port}],
            }
        ]
    )


def labels(documents: Mapping[str, Document]) -> None:
    found = {"tier": "front"}
    documents["Deployment"]["spec"]["selector"] = {"matchLabels": found}
    documents["Deployment"]["spec"]["template"]["metadata"]["labels"] = found


def template(name: str, query: str) -> Document:
    provider = {"type": "prometheus", "address": "http://flagger-prometheus.apisix:9090"}
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "MetricTemplate",
        "metadata": {"name": name},
        "spec": {"provider": provider, "query": query},
    }


CASES: Mapping[str, Case] = {
    "a route that is not there": Case(
        spec("Canary")(routeRef__name="nowhere"), ('apisixroutes.apisix.apache.org "nowhere" not found',)
    ),
    "a route without the right backend": Case(
        backend("other", 80), ("Can not find podinfo backend on apisix route podinfo.", "other")
    ),
    "a route to a port that the Service doesn't have": Case(
        backend("podinfo", 81), ("port 81", "set servicePort to 80")
    ),
    "a target that is not there": Case(
        spec("Canary")(targetRef__name="nobody"), ("Deployment nobody.", "not found")
    ),
    "a target without a usable label": Case(
        labels, ("spec.selector.matchLabels must contain one of [app name app.kubernetes.io/name]",)
    ),
    "a port that the target doesn't have": Case(
        spec("Canary")(service__targetPort=1234),
        ("spec.service.targetPort", "has no container port 1234", "9898"),
    ),
    "an interval of nothing": Case(spec("Canary")(analysis__interval="0s"), ("spec.analysis.interval",)),
    "a metric with neither query nor template": Case(
        spec("Canary")(analysis__metrics=[OWN_METRIC]),
        (
            "spec.analysis.metrics[0].name",
            "no usable metrics template and query were configured",
            "add templateRef",
        ),
    ),
}


@pytest.fixture(scope="module")
def releases(ground: Ground, unused: Iterator[str]) -> Iterator[Mapping[str, tuple[Application, Running]]]:
    """A release of each case, all at the same time: each of them waits a while for what is missing."""
    with ExitStack() as stack:
        begun = {}
        for name, case in CASES.items():
            application = Application(ground, next(unused))
            made = spoilt(case, application.namespace)
            application.kubectl.apply(*made)
            begun[name] = application, stack.enter_context(ground.begun(*application.release_command))
        yield begun
        for application, _ in begun.values():
            application.kubectl("delete", "canary,deployment", "--all", "--wait=false")


def spoilt(case: Case, namespace: str) -> list[Document]:
    made = {
        document["kind"]: document
        for document in (
            documents.deployment(namespace),
            documents.route(namespace),
            documents.canary(namespace),
        )
    }
    case.spoil(made)
    return list(made.values())


@pytest.mark.parametrize("name", CASES)
def test_what_can_not_work_is_refused_with_a_remedy_and_touches_nothing(
    name: str, releases: Mapping[str, tuple[Application, Running]]
) -> None:
    application, running = releases[name]
    done: Done = running.wait()
    assert done.code == 30, done.said
    for words in CASES[name].says:
        assert words in done.said
    made = application.kubectl("get", "deployment,apisixroute", "-o", "name").split()
    assert "apisixroute.apisix.apache.org/podinfo-podinfo-canary" not in made
    assert application.replicas() == 1


def test_no_run_begins_with_a_template_that_can_not_be_asked(
    application: Callable[..., Application],
) -> None:
    # given
    podinfo = application(metrics=[OWN_METRIC | {"templateRef": {"name": "mine"}}])
    # when it is not there, then
    assert 'metrictemplates.flagger.app "mine" not found' in podinfo.release("6.0.1", expect=30)
    # when it does not render, then
    podinfo.kubectl.apply(template("mine", "sum({{ nonsense }})"))
    assert "nonsense" in podinfo.release(expect=30)
    assert podinfo.phase == "Initialized"
    assert podinfo.image("podinfo-primary").endswith(":6.0.0")
    assert podinfo.split == (100, 0)


def test_two_canaries_on_one_target_are_refused(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application()
    second = documents.canary(namespace)
    second["metadata"]["name"] = "second"
    # when
    podinfo.kubectl.apply(second)
    # then
    said = podinfo.release("6.0.1", expect=30)
    assert "Found more than one canary with the same target" in said
    assert "podinfo, second" in said
    assert podinfo.image("podinfo-primary").endswith(":6.0.0")


def test_an_image_that_can_not_be_pulled_is_rolled_back_before_it_gets_traffic(
    ground: Ground, application: Callable[..., Application]
) -> None:
    # given
    podinfo = application()
    patch = json.dumps({"spec": {"progressDeadlineSeconds": 5}})
    podinfo.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)
    # when
    image = "podinfod=registry.example.com/podinfo:6.0.1"
    said = ground.sluice(*podinfo.release_command, "--image", image, expect=20)
    # then
    assert "Starting canary analysis" not in said
    assert podinfo.split == (100, 0)
    assert podinfo.image("podinfo-primary").endswith(":6.0.0")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"stepWieght": 10}, "stepWieght"),
        ({"stepWeight": 10, "iterations": 5}, "spec.analysis"),
        ({"threshold": "many"}, "spec.analysis.threshold"),
    ],
    ids=["a field that does not exist", "fields that contradict each other", "a value of another type"],
)
def test_the_api_server_itself_refuses_a_wrong_document(ground: Ground, fields: Document, says: str) -> None:
    kubectl = ground.kubectl("test")
    made = documents.canary("test", **fields)
    made["metadata"]["name"] = "wrong"
    done = subprocess.run(
        kubectl.command("apply", "-f", "-"),
        input=json.dumps(made),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert says in done.stderr
