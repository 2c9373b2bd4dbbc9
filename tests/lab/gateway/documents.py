"""Objects as the API server gives them: good defaults, one thing different at a time."""

from typing import Any

Document = dict[str, Any]


def a_service(name: str, port: int = 80, port_name: str = "http", address: str = "10.96.0.10") -> Document:
    return {
        "metadata": {"namespace": "test", "name": name},
        "spec": {"clusterIP": address, "ports": [{"name": port_name, "port": port, "targetPort": 9898}]},
    }


def a_slice(service: str, *addresses: str, ready: bool | None = True, port_name: str = "http") -> Document:
    return {
        "metadata": {
            "namespace": "test",
            "name": f"{service}-abcde",
            "labels": {"kubernetes.io/service-name": service},
        },
        "ports": [{"name": port_name, "port": 9898, "protocol": "TCP"}],
        "endpoints": [
            {
                "addresses": [address],
                "conditions": {} if ready is None else {"ready": ready},
                "targetRef": {"kind": "Pod", "name": f"{service}-{address}"},
            }
            for address in addresses
        ],
    }


def a_rule(**changes: Any) -> Document:
    rule = {
        "name": "method",
        "match": {"hosts": ["app.example.com"], "methods": ["GET"], "paths": ["/*"]},
        "backends": [{"serviceName": "podinfo", "servicePort": 80}],
        "plugins": [
            {"name": "prometheus", "enable": True, "config": {"disable": False, "prefer_name": True}}
        ],
    }
    return rule | changes


def an_apisix_route(*rules: Document, name: str = "podinfo", generation: int = 1) -> Document:
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixRoute",
        "metadata": {"namespace": "test", "name": name, "generation": generation},
        "spec": {"http": list(rules or (a_rule(),))},
    }
