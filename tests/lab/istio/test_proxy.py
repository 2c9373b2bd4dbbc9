"""What an agent reads in its pod."""

from lab.istio.proxy import Pod, Proxy, proxy

POD = {"POD_NAME": "podinfo-1", "POD_NAMESPACE": "test", "INSTANCE_IP": "10.244.0.7"}


def test_a_sidecar_learns_who_stands_behind_it() -> None:
    environment = {
        **POD,
        "LAB_BEHIND": "10.244.0.8",
        "ISTIO_META_WORKLOAD_NAME": "podinfo",
        "ISTIO_META_POD_PORTS": '\n[{"name":"http","containerPort":9898},{"containerPort":53,"protocol":"UDP"}]',
        "ISTIO_PROMETHEUS_ANNOTATIONS": '{"scrape":"true","path":"","port":"9797"}',
        "PROXY_CONFIG": '{"discoveryAddress":"istiod.mesh:1234","terminationDrainDuration":"3s"}',
    }
    found = proxy(["proxy", "sidecar"], environment, 'app="podinfo"\nsaid="a \\"word\\""')
    assert found.pod == Pod(
        "podinfo-1", "test", "10.244.0.7", {"app": "podinfo", "said": 'a "word"'}, (9898,), "10.244.0.8"
    )
    assert found.workload == "podinfo"
    assert found.discovery == ("istiod.mesh", 1234)
    assert found.drain_seconds == 3
    assert found.scraped == "http://10.244.0.8:9797/metrics"


def test_a_router_stands_alone() -> None:
    declared = {"ISTIO_META_POD_PORTS": '[{"containerPort":8080}]'}
    assert proxy(["proxy", "router"], {**POD, **declared}, "") == Proxy(
        "router", Pod("podinfo-1", "test", "10.244.0.7"), {"POD_PORTS": '[{"containerPort":8080}]'}
    )
