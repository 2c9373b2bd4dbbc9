"""A policy pack that has been started: the calls of the analyzer protocol, with values in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc

from engine.policy.definition import Definition
from engine.policy.findings import SEVERITIES, Level, PackInfo, Violation
from engine.policy.host import BOUND
from engine.policy.process import PackProcess
from engine.policy.settings import Policy, PolicySettings, SettingsMap
from engine.state.reference import ORGANIZATION
from engine.wire import fill

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@dataclass(frozen=True)
class StackSettings:
    """The stack that is judged, and its configuration in plain texts by full key."""

    stack: str
    project: str
    preview: bool = False
    config: Mapping[str, str] = field(default_factory=dict)
    secret_keys: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    organization: str = ORGANIZATION


@dataclass(frozen=True)
class Answer:
    """What one pack has against a resource or the stack; `silent` are policies that say nothing about such a one."""

    violations: tuple[Violation, ...] = ()
    silent: frozenset[str] = frozenset()


class Analyzer:
    """One pack process and the connection to it. Every call raises `PolicyPackError` if the pack fails or hangs."""

    def __init__(self, definition: Definition, process: PackProcess, timeout: float):
        """`timeout` is what one call may take, in seconds."""
        self.definition, self._process, self._timeout = definition, process, timeout
        self._channel = grpc.insecure_channel(process.address, options=UNLIMITED)
        self._stub = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        self._told: tuple[StackSettings, SettingsMap] | None = None
        self.bound = False
        """Whether the pack's own module has read something of the stack, and so can serve no other."""
        self.policies: tuple[Policy, ...] = ()
        self.initial: SettingsMap = {}
        self.info = PackInfo("", "", definition.given)

    @property
    def healthy(self) -> bool:
        """Whether it can be asked again."""
        return self._process.alive

    def close(self) -> None:
        """Ends the process."""
        self._channel.close()
        self._process.close()

    def introduce(self, stack: StackSettings) -> None:
        """Says which stack is judged; on first acquaintance, asks what the pack consists of."""
        request = pb.AnalyzerStackConfigureRequest(
            stack=stack.stack,
            project=stack.project,
            organization=stack.organization,
            dry_run=stack.preview,
            config=stack.config,
            config_secret_keys=stack.secret_keys,
            tags=stack.tags,
        )
        _, call = self._call("ConfigureStack", request, "was told about the stack")
        self.bound = dict(call.trailing_metadata() or ()).get(BOUND) == "true"
        if not self.policies:
            self._ask_info()

    def configure(self, settings: SettingsMap) -> None:
        """Says how each policy is to be run."""
        request = pb.ConfigureAnalyzerRequest()
        for name, entry in settings.items():
            message = request.policyConfig[name]
            message.enforcementLevel = int(entry.level or Level.ADVISORY)
            fill(message.properties, dict(entry.properties))
        self._call("Configure", request, "was configured")

    def remediate(self, request: pb.AnalyzeRequest) -> list[pb.Remediation]:
        """What the pack would change about a resource, in order."""
        response, _ = self._call("Remediate", request, f"remediated {request.urn}")
        return list(response.remediations)

    def analyze(self, request: pb.AnalyzeRequest) -> Answer:
        """What the pack has against a resource."""
        response, _ = self._call("Analyze", request, f"judged {request.urn}")
        return self._answer(response, request.urn)

    def analyze_stack(self, request: pb.AnalyzeStackRequest) -> Answer:
        """What the pack has against the stack as a whole."""
        response, _ = self._call("AnalyzeStack", request, "judged the stack")
        return self._answer(response, "")

    def _answer(self, response: pb.AnalyzeResponse, urn: str) -> Answer:
        violations = tuple(self.violation(item, urn) for item in response.diagnostics)
        return Answer(violations, frozenset(item.policy_name for item in response.not_applicable))

    def violation(self, item: pb.AnalyzeDiagnostic, urn: str) -> Violation:
        """A diagnostic as a value; without a URN of its own it is about `urn`."""
        return Violation(
            item.policyName,
            item.policyPackName,
            self.info.version,
            item.description,
            item.message,
            Level(item.enforcementLevel),
            item.urn or urn,
            SEVERITIES[item.severity] if item.severity < len(SEVERITIES) else "",
        )

    def _ask_info(self) -> None:
        info, _ = self._call("GetAnalyzerInfo", empty_pb2.Empty(), "was asked for its policies")
        version = self.definition.version or info.version
        self.info = PackInfo(info.name, version, self.definition.given)
        self.policies = tuple(_policy(item) for item in info.policies)
        self.initial = {
            name: PolicySettings(Level(entry.enforcementLevel), _plain(entry.properties))
            for name, entry in info.initialConfig.items()
        }

    def _call(self, method: str, request: Any, doing: str) -> tuple[Any, grpc.Call]:
        try:
            answer: tuple[Any, grpc.Call] = getattr(self._stub, method).with_call(
                request, timeout=self._timeout
            )
            return answer
        except grpc.RpcError as error:
            raise self._failure(error, doing) from error

    def _failure(self, error: Any, doing: str) -> Exception:
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            failure = self._process.failure(f"did not answer within {self._timeout:g} s while it {doing}")
            # Whatever it is busy with would be in the way of the next question.
            self.close()
            return failure
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            return self._process.failure(f"broke off while it {doing}")
        return self._process.failure(f"failed while it {doing}: {error.details()}")


def _policy(item: pb.PolicyInfo) -> Policy:
    return Policy(
        item.name,
        Level(item.enforcementLevel),
        item.policy_type == pb.POLICY_TYPE_STACK,
        _plain(item.configSchema.properties),
        tuple(item.configSchema.required),
    )


def _plain(struct: Any) -> dict[str, Any]:
    document: dict[str, Any] = json_format.MessageToDict(struct)
    return document
