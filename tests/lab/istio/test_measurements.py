"""Envoy's counts as Istio tells them."""

from lab.istio.measurements import exposition
from lab.istio.proxy import Pod, Proxy

POD = Pod("podinfo-1", "test", "10.244.0.7", {"app": "podinfo"})
COUNTS = """\
# TYPE envoy_cluster_upstream_rq counter
envoy_cluster_upstream_rq{cluster_name="inbound|9898||",response_code="200"} 12
envoy_cluster_upstream_rq{cluster_name="outbound|9898||podinfo.test.svc.cluster.local",response_code="503"} 3
# TYPE envoy_cluster_upstream_rq_time histogram
envoy_cluster_upstream_rq_time_bucket{cluster_name="inbound|9898||",le="5"} 11
envoy_cluster_upstream_rq_time_bucket{cluster_name="inbound|9898||",le="+Inf"} 12
envoy_cluster_upstream_rq_time_sum{cluster_name="inbound|9898||"} 31.5
envoy_cluster_upstream_rq_time_count{cluster_name="inbound|9898||"} 12
"""


def told(role: str, beginning: str) -> list[str]:
    text = exposition(COUNTS, Proxy(role, POD, {"WORKLOAD_NAME": "podinfo"}))
    return [line for line in text.splitlines() if line.startswith(beginning)]


def test_what_is_asked_of_the_application_is_told_at_the_destination() -> None:
    line = told("sidecar", 'istio_requests_total{reporter="destination"')[0]
    for label in (
        'destination_workload="podinfo"',
        'destination_workload_namespace="test"',
        'destination_app="podinfo"',
        'source_workload="unknown"',
        'response_code="200"',
    ):
        assert label in line
    assert line.endswith("} 12")


def test_what_is_asked_of_others_is_told_at_the_source() -> None:
    line = told("router", 'istio_requests_total{reporter="source"')[0]
    for label in (
        'source_workload="podinfo"',
        'destination_workload="unknown"',
        'destination_service="podinfo.test.svc.cluster.local"',
        'destination_service_name="podinfo"',
        'destination_service_namespace="test"',
        'response_code="503"',
    ):
        assert label in line
    assert line.endswith("} 3")


def test_durations_are_a_histogram_in_milliseconds() -> None:
    found = told("sidecar", "istio_request_duration_milliseconds_")
    assert [line.split("{")[0].removeprefix("istio_request_duration_milliseconds_") for line in found] == [
        "bucket",
        "bucket",
        "sum",
        "count",
    ]
    assert 'le="+Inf"} 12' in found[1]
    assert found[2].endswith("} 31.5")
