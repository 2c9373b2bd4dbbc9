"""What Envoy is told before istiod tells it the rest."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.binaries import ensure
from lab.istio.bootstrap import bootstrap
from lab.istio.proxy import Pod, Proxy

SIDECAR = Proxy(
    "sidecar", Pod("podinfo-1", "test", "10.244.0.7", {"app": "podinfo"}, (9898, 9797), "10.244.0.8")
)
ROUTER = Proxy("router", Pod("gateway-1", "istio-system", "10.244.0.9"))


def test_each_port_of_the_application_is_a_door_to_istiods_inbound_listener() -> None:
    resources = bootstrap(SIDECAR)["static_resources"]
    assert [door["address"]["socket_address"] for door in resources["listeners"]] == [
        {"address": "10.244.0.7", "port_value": 9898},
        {"address": "10.244.0.7", "port_value": 9797},
    ]
    for door in resources["listeners"]:
        back, others = door["filter_chains"]
        assert "filter_chain_match" not in others
        assert others["filters"][0]["typed_config"]["cluster"] == "inbound"
        assert back["filter_chain_match"]["source_prefix_ranges"][0]["address_prefix"] == "127.0.0.6"


def test_what_comes_back_from_the_inbound_listener_goes_to_the_application() -> None:
    resources = bootstrap(SIDECAR)["static_resources"]
    door = resources["listeners"][0]
    (wanted,) = [
        cluster
        for cluster in resources["clusters"]
        if cluster["name"] == door["filter_chains"][0]["filters"][0]["typed_config"]["cluster"]
    ]
    endpoint = wanted["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    assert endpoint["address"]["socket_address"] == {"address": "10.244.0.8", "port_value": 9898}


def test_a_router_has_no_doors() -> None:
    resources = bootstrap(ROUTER)["static_resources"]
    assert resources["listeners"] == []
    assert [cluster["name"] for cluster in resources["clusters"]] == ["istiod"]


def test_istiod_is_told_who_asks() -> None:
    node = bootstrap(SIDECAR)["node"]
    assert node["id"] == "sidecar~10.244.0.7~podinfo-1.test~test.svc.cluster.local"
    assert node["metadata"] == {"NAME": "podinfo-1", "NAMESPACE": "test", "LABELS": {"app": "podinfo"}}


@pytest.mark.lab
@pytest.mark.parametrize("proxy", [SIDECAR, ROUTER], ids=["sidecar", "router"])
def test_envoy_takes_its_settings(proxy: Proxy, tmp_path: Path) -> None:
    settings = tmp_path / "bootstrap.json"
    settings.write_text(json.dumps(bootstrap(proxy)))
    command = [ensure(["envoy"])["envoy"], "--mode", "validate", "-c", settings]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
