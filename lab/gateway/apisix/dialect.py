"""APISIX as a dialect."""

from collections.abc import Mapping, Sequence
from typing import Any

from lab.gateway.apisix import routes, series
from lab.gateway.dialect import Kind, Translation
from lab.gateway.endpoints import Endpoints
from lab.gateway.ledger import Total
from lab.gateway.model import Arm, Backend, Labels, Node


class Apisix:
    """ApisixRoutes in, `apisix_*` metrics out."""

    kinds = (routes.APISIX_ROUTES,)
    metrics_path = "/apisix/prometheus/metrics"
    not_found = ("application/json", '{"error_msg":"404 Route Not Found"}\n')

    def translate(
        self, documents: Mapping[Kind, Sequence[Mapping[str, Any]]], endpoints: Endpoints
    ) -> Translation:
        """The routes of all ApisixRoutes."""
        return routes.translate(documents[routes.APISIX_ROUTES], endpoints)

    def labels(self, arm: Arm, backend: Backend, node: Node | None) -> Labels:
        """APISIX names a node by its address alone, without the port."""
        if not arm.route.labels:
            return ()
        matched = (("matched_uri", arm.path), ("matched_host", arm.host))
        return (*matched, *arm.route.labels, ("node", node.address if node else ""))

    def exposition(self, totals: Sequence[Total], hostname: str) -> str:
        """In the names of APISIX's prometheus plugin."""
        return series.exposition(totals, hostname)
