"""Counters that never fall, and what APISIX would show of them."""

from lab.gateway.apisix.series import exposition
from lab.gateway.ledger import BUCKETS_MS, Ledger
from lab.gateway.model import Labels

LABELS: Labels = (
    ("matched_uri", "/*"),
    ("matched_host", "app.example.com"),
    ("route", "test_podinfo-podinfo-canary_method"),
    ("service", "test_podinfo-podinfo-canary_0"),
    ("consumer", ""),
    ("node", "10.244.0.4"),
)
NAMES: dict[str, Labels] = {"node-a": LABELS, "not-found": ()}


def told(
    service: str = "node-a", code: str = "200", method: str = "GET", quick: int = 0, slow: int = 0
) -> str:
    """What Traefik says after so many answers within 5 ms and so many within 2 s."""
    labels = f'code="{code}",method="{method}",protocol="http",service="{service}@file"'
    name = "traefik_service_request_duration_seconds"
    lines = [
        f'{name}_bucket{{{labels},le="{bound / 1000:g}"}} {quick * (bound >= 5) + slow * (bound >= 2000)}'
        for bound in BUCKETS_MS
    ]
    lines.append(f'{name}_bucket{{{labels},le="+Inf"}} {quick + slow}')
    lines.append(f"{name}_sum{{{labels}}} {quick * 0.004 + slow * 1.5:g}")
    lines.append(f"{name}_count{{{labels}}} {quick + slow}")
    lines.append(f"traefik_service_requests_total{{{labels}}} {quick + slow}")
    lines.append(f"traefik_service_responses_bytes_total{{{labels}}} {(quick + slow) * 100}")
    return "\n".join(["go_goroutines 12", *lines]) + "\n"


def after(*readings: str) -> dict[str, float]:
    """Requests by code."""
    ledger = Ledger()
    for reading in readings:
        ledger.enter(reading, NAMES)
    return {total.code: total.requests for total in ledger.totals}


def test_what_is_new_is_added() -> None:
    assert after(told(quick=3), told(quick=5)) == {"200": 5}


def test_codes_are_counted_apart_and_methods_together() -> None:
    reading = told(quick=2) + told(method="POST", quick=3) + told(code="500", quick=1)
    assert after(reading) == {"200": 5, "500": 1}


def test_a_restarted_traefik_counts_on() -> None:
    assert after(told(quick=10), told(quick=2)) == {"200": 12}


def test_a_service_that_left_keeps_its_count_and_goes_on_when_it_comes_back() -> None:
    assert after(told(quick=10), "go_goroutines 12\n", told(quick=20)) == {"200": 30}


def test_what_has_no_name_is_left_out() -> None:
    assert after(told(service="a-mirror", quick=3)) == {}


def shown(*readings: str) -> list[str]:
    ledger = Ledger()
    for reading in readings:
        ledger.enter(reading, NAMES)
    return exposition(ledger.totals, "apisix-1").splitlines()


def test_the_status_counter_has_the_plugins_labels() -> None:
    assert (
        'apisix_http_status{code="200",matched_uri="/*",matched_host="app.example.com",'
        'route="test_podinfo-podinfo-canary_method",service="test_podinfo-podinfo-canary_0",consumer="",'
        'node="10.244.0.4",request_type="traditional_http",request_llm_model="",llm_model=""} 3'
    ) in shown(told(quick=3))


def test_latencies_are_in_milliseconds_over_all_codes() -> None:
    lines = shown(told(quick=3) + told(code="500", slow=1))
    labels = (
        'type="request",route="test_podinfo-podinfo-canary_method",service="test_podinfo-podinfo-canary_0",'
        'consumer="",node="10.244.0.4",request_type="traditional_http",request_llm_model="",llm_model=""'
    )
    buckets = [line for line in lines if line.startswith(f"apisix_http_latency_bucket{{{labels}")]
    assert [line.rpartition('le="')[2] for line in buckets] == [
        *(f'{bound}"}} 0' for bound in (1, 2)),
        *(f'{bound}"}} 3' for bound in (5, 10, 20, 50, 100, 200, 500, 1000)),
        *(f'{bound}"}} 4' for bound in (2000, 5000, 10000, 30000, 60000)),
        '+Inf"} 4',
    ]
    assert f"apisix_http_latency_sum{{{labels}}} 1512" in lines
    assert f"apisix_http_latency_count{{{labels}}} 4" in lines


def test_requests_without_a_name_are_in_the_grand_total_alone() -> None:
    lines = shown(told(quick=3) + told(service="not-found", code="404", quick=2))
    assert "apisix_http_requests_total 5" in lines
    assert not [line for line in lines if 'code="404"' in line]
