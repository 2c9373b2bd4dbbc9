"""A gateway with two revisions of podinfo behind it: what the gateway's figures are measured on."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any, Self

from lab import Lab
from lab.api import Api, ApiError

Document = dict[str, Any]

HOST = "app.example.com"
VERSIONS = {"primary": "6.0.1", "canary": "6.0.2"}
READY_SECONDS = 120.0  # the first time, programs may have to be got


@dataclass(frozen=True)
class Site:
    """Deployed in a namespace of its own. `address` is the gateway's, on this machine."""

    lab: Lab
    namespace: str
    address: str
    api: Api

    @classmethod
    def build(cls, lab: Lab, namespace: str) -> Self:
        """Deploy everything and wait until the first request is answered. Raises `TimeoutError`."""
        api = Api(lab.kubeconfig)
        for path, document in _documents(namespace):
            _until(lambda path=path, document=document: api.apply(path, document))
        site = cls(lab, namespace, lab.forward("gateway", namespace, 80), api)
        _until(lambda: site.split(50, 50))
        for name in VERSIONS:
            _until(lambda name=name: _answers(site, VERSIONS[name]))
        site.split(100, 0)
        return site

    def split(self, primary: int, canary: int) -> bool:
        """Write the weights into the route; true once the API server has taken them."""
        self.api.apply(self.route_path, a_route(self.namespace, primary, canary))
        return True

    @property
    def route_path(self) -> str:
        """Where the route is in the API."""
        return f"/apis/apisix.apache.org/v2/namespaces/{self.namespace}/apisixroutes/podinfo"

    def connect(self) -> http.client.HTTPConnection:
        """A connection to the gateway, to be used for many requests."""
        return http.client.HTTPConnection(self.address, timeout=10)


def version(connection: http.client.HTTPConnection) -> str:
    """The version of whoever answers one request; the status code in place of it if that is an error."""
    connection.request("GET", "/version", headers={"Host": HOST})
    answer = connection.getresponse()
    body = answer.read()
    return str(json.loads(body)["version"]) if answer.status == http.client.OK else str(answer.status)


def a_route(namespace: str, primary: int, canary: int, **rule: Any) -> Document:
    """An ApisixRoute with these weights; more fields of its rule as keywords."""
    backends = [
        {"serviceName": name, "servicePort": 80, "weight": weight}
        for name, weight in (("primary", primary), ("canary", canary))
    ]
    plugins = [{"name": "prometheus", "enable": True, "config": {"prefer_name": True}}]
    match = {"hosts": [HOST], "paths": ["/*"]}
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixRoute",
        "metadata": {"name": "podinfo", "namespace": namespace},
        "spec": {
            "http": [{"name": "method", "match": match, "backends": backends, "plugins": plugins, **rule}]
        },
    }


def _documents(namespace: str) -> list[tuple[str, Document]]:
    gateway = container("apache/apisix:3.14.1-debian", {"tcpSocket": {"port": 9080}, "periodSeconds": 1})
    documents = [
        (
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/apisixroutes.apisix.apache.org",
            _definition(),
        ),
        (
            f"/api/v1/namespaces/{namespace}",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        ),
        *workload(namespace, "gateway", gateway, {"http": (80, 9080), "metrics": (9091, 9091)}),
    ]
    for name, tag in VERSIONS.items():
        ready = {"httpGet": {"path": "/readyz", "port": 9898}, "periodSeconds": 1, "failureThreshold": 1}
        podinfo = container(f"stefanprodan/podinfo:{tag}", ready) | {"command": ["./podinfo", "--port=9898"]}
        documents += workload(namespace, name, podinfo, {"http": (80, 9898)})
    return documents


def container(image: str, readiness: Document) -> Document:
    """The one container of a workload."""
    return {"name": "main", "image": image, "readinessProbe": readiness}


def workload(
    namespace: str, name: str, container: Document, ports: dict[str, tuple[int, int]]
) -> list[tuple[str, Document]]:
    """A Deployment of one container and its Service; `ports` are numbers of the Service and of the pod by name."""
    metadata = {"name": name, "namespace": namespace}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }
    listed = [{"name": key, "port": port, "targetPort": target} for key, (port, target) in ports.items()]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"app": name}, "ports": listed},
    }
    return [
        (f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}", deployment),
        (f"/api/v1/namespaces/{namespace}/services/{name}", service),
    ]


def _definition() -> Document:
    """The CustomResourceDefinition of ApisixRoute, as loose as it can be."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    served = {
        "name": "v2",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "apisixroutes.apisix.apache.org"},
        "spec": {
            "group": "apisix.apache.org",
            "scope": "Namespaced",
            "names": {"plural": "apisixroutes", "singular": "apisixroute", "kind": "ApisixRoute"},
            "versions": [served],
        },
    }


def _answers(site: Site, wanted: str) -> bool:
    connection = site.connect()
    try:
        return any(version(connection) == wanted for _ in VERSIONS)
    finally:
        connection.close()


def _until(done: Any) -> None:
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            if done():
                return
            problem = "no such answer"
        except (ApiError, OSError, http.client.HTTPException) as error:
            problem = str(error)
        if time.monotonic() > end:
            raise TimeoutError(f"the site is not ready after {READY_SECONDS:g} s: {problem}")
        time.sleep(0.1)
