"""The Engine service: what programs log and ask about the run as a whole."""

from __future__ import annotations

import grpc
import semver
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from engine.events import Diagnostic
from engine.monitor.session import Session
from engine.version import VERSION

_SEVERITIES = {0: "debug", 1: "info", 2: "warning", 3: "error"}


class EngineService(engine_pb2_grpc.EngineServicer):
    """Answers at once: the SDK's event loop stands still while it logs."""

    def __init__(self, session: Session):
        self._session, self._root = session, ""

    def Log(self, request: engine_pb2.LogRequest, context: object) -> empty_pb2.Empty:
        if self._session.closed:
            return empty_pb2.Empty()
        severity = _SEVERITIES.get(request.severity, "info")
        self._session.context.events.emit(
            Diagnostic(severity, request.message, request.urn, request.ephemeral, request.streamId)
        )
        return empty_pb2.Empty()

    def GetRootResource(self, request: object, context: object) -> engine_pb2.GetRootResourceResponse:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: object
    ) -> engine_pb2.SetRootResourceResponse:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def StartDebugging(self, request: object, context: object) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def RequirePulumiVersion(
        self, request: engine_pb2.RequirePulumiVersionRequest, context: grpc.ServicerContext
    ) -> engine_pb2.RequirePulumiVersionResponse:
        wanted = request.pulumi_version_range
        if not satisfies(VERSION, wanted):
            text = f"Pulumi CLI version {VERSION} does not satisfy the version range {wanted!r}"
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
        return engine_pb2.RequirePulumiVersionResponse()


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version lies in a range such as `>=3.100.0 <4.0.0 || 5.x`."""
    parsed = semver.VersionInfo.parse(version)
    return any(
        all(_holds(parsed, term) for term in part.split()) for part in wanted.split("||") if part.strip()
    )


def _holds(version: semver.VersionInfo, term: str) -> bool:
    return term in ("*", "x") or version.match(term if term[0] in "<>=!" else f"=={term}")
