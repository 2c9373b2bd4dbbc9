"""Envoy's first settings: who it is, where istiod is, and how requests come in.

In a cluster the kernel leads what arrives at a pod into Envoy, by rules that not every machine has for ordinary users.
Here Envoy listens at each port of the application, since the pod's address is its own, and hands each connection to
istiod's inbound listener with a line that tells where it was to go. What istiod then sends to that place comes from
127.0.0.6, as in a cluster, and goes to the application.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.istio.proxy import Proxy

ADMIN = ("127.0.0.1", 15000)
INBOUND = ("127.0.0.1", 15006)
FROM_INBOUND = "127.0.0.6"
TYPES = "type.googleapis.com/envoy"
Document = dict[str, Any]


def bootstrap(proxy: Proxy) -> Document:
    """Envoy's bootstrap configuration, to be written as JSON."""
    pod, doors = proxy.pod, proxy.pod.ports
    here = [_cluster(_application(port), (pod.behind, port)) for port in doors]
    inbound = [_cluster("inbound", INBOUND) | {"transport_socket": _telling_the_way()}] if doors else []
    return {
        "node": {
            "id": proxy.node,
            "cluster": f"{proxy.workload}.{pod.namespace}",
            "metadata": {**proxy.metadata, "NAME": pod.name, "NAMESPACE": pod.namespace, "LABELS": dict(pod.labels)},
        },
        "admin": {"address": _socket(ADMIN)},
        "stats_config": _NAMES,
        "stats_flush_interval": "1s",
        "dynamic_resources": _followed(),
        "static_resources": {
            "clusters": [_istiod(proxy), *inbound, *here],
            "listeners": [_door(pod.address, port) for port in doors],
        },
    }  # fmt: skip


_NAMES = {
    "use_all_default_tags": False,
    "stats_tags": [
        {"tag_name": "cluster_name", "regex": r"^cluster(\.(.+);)"},
        {"tag_name": "response_code", "regex": r"_rq(_(\d{3}))$"},
    ],
}
"""Istio ends a cluster's name with a semicolon."""


def _followed() -> Document:
    ads = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
    return {
        "lds_config": ads,
        "cds_config": ads,
        "ads_config": {
            "api_type": "GRPC",
            "transport_api_version": "V3",
            "set_node_on_first_message_only": True,
            "grpc_services": [{"envoy_grpc": {"cluster_name": "istiod"}}],
        },
    }


def _istiod(proxy: Proxy) -> Document:
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    http2 = {"explicit_http_config": {"http2_protocol_options": {"connection_keepalive": _KEPT}}}
    return _cluster("istiod", proxy.discovery) | {
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_ONLY",
        "typed_extension_protocol_options": {options: {"@type": f"type.googleapis.com/{options}", **http2}},
    }


_KEPT = {"interval": "10s", "timeout": "5s"}


def _cluster(name: str, address: tuple[str, int]) -> Document:
    endpoint = {"endpoint": {"address": _socket(address)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _telling_the_way() -> Document:
    sockets = f"{TYPES}.extensions.transport_sockets"
    plain = {"@type": f"{sockets}.raw_buffer.v3.RawBuffer"}
    return {
        "name": "envoy.transport_sockets.upstream_proxy_protocol",
        "typed_config": {
            "@type": f"{sockets}.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
            "config": {"version": "V1"},
            "transport_socket": {"name": "envoy.transport_sockets.raw_buffer", "typed_config": plain},
        },
    }


def _door(address: str, port: int) -> Document:
    from_inbound = {"source_prefix_ranges": [{"address_prefix": FROM_INBOUND, "prefix_len": 32}]}
    return {
        "name": f"door_{port}",
        "address": _socket((address, port)),
        "traffic_direction": "INBOUND",
        "filter_chains": [
            {"filter_chain_match": from_inbound, "filters": _leading_to(_application(port))},
            {"filters": _leading_to("inbound")},
        ],
    }


def _leading_to(cluster: str) -> Sequence[Document]:
    relay = {
        "@type": f"{TYPES}.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        "stat_prefix": "doors",
        "cluster": cluster,
    }
    return [{"name": "envoy.filters.network.tcp_proxy", "typed_config": relay}]


def _application(port: int) -> str:
    return f"application_{port}"


def _socket(address: tuple[str, int]) -> Document:
    return {"socket_address": {"address": address[0], "port_value": address[1]}}
