"""A live copy in which Rollouts that borrow the pods of another workload have them."""

from __future__ import annotations

from automation.cluster.ports import Copies
from automation.core.kinds import ROLLOUT, Kind, Manifest
from documents.argo.lending import lender, lent
from workloads.registry import LENDERS


class Lending:
    """Everybody who looks at a Rollout sees its pod template in its place, whoever lends it."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        found = self._copies.get(kind, namespace, name)
        return self._whole(found) if found is not None and kind == ROLLOUT else found

    def all(self, kind: Kind) -> list[Manifest]:
        found = self._copies.all(kind)
        return [self._whole(one) for one in found] if kind == ROLLOUT else found

    def lacks(self, kind: Kind) -> bool:
        return self._copies.lacks(kind)

    def put(self, kind: Kind, thing: Manifest) -> None:
        self._copies.put(kind, thing)

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        self._copies.drop(kind, namespace, name)

    def _whole(self, rollout: Manifest) -> Manifest:
        named = lender(rollout)
        if named is None or named.kind not in LENDERS:
            return rollout
        kind = LENDERS[named.kind].kind
        workload = self._copies.get(kind, rollout["metadata"]["namespace"], named.name)
        return rollout if workload is None else lent(rollout, workload)
