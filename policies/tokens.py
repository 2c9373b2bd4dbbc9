"""Type tokens of the resources that rules look at."""

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
REPLICA_SET = "kubernetes:apps/v1:ReplicaSet"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
JOB = "kubernetes:batch/v1:Job"
CRON_JOB = "kubernetes:batch/v1:CronJob"
POD = "kubernetes:core/v1:Pod"
CANARY = "kubernetes:flagger.app/v1beta1:Canary"
APISIX_ROUTE = "kubernetes:apisix.apache.org/v2:ApisixRoute"
VIRTUAL_SERVICE = "kubernetes:networking.istio.io/v1beta1:VirtualService"
HTTP_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
GRPC_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:GRPCRoute"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
TRAEFIK_SERVICE = "kubernetes:traefik.io/v1alpha1:TraefikService"
HTTP_PROXY = "kubernetes:projectcontour.io/v1:HTTPProxy"
ROUTE_TABLE = "kubernetes:gateway.solo.io/v1:RouteTable"
MESH_HTTP_ROUTE = "kubernetes:kuma.io/v1alpha1:MeshHTTPRoute"
MAPPING = "kubernetes:getambassador.io/v2:Mapping"
TRAFFIC_SPLIT = "kubernetes:split.smi-spec.io/v1alpha2:TrafficSplit"

SERVING = frozenset({DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET})
"""Workloads that answer requests for as long as they live."""

WORKLOADS = SERVING | {JOB, CRON_JOB, POD}
"""Everything that has containers."""
