"""A program inside the process that drives the engine, reached through the SDK's language server."""

from __future__ import annotations

from typing import Any

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from engine.deploy.program import Finished, Launch, Say
from engine.errors import EngineError

# The SDK makes up to four threads of each unit.
_MOST_PARALLEL = 64
_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
]


class InlineProgram:
    """The program behind `--client=HOST:PORT`."""

    def __init__(self, address: str):
        self._address = address
        self._call: grpc.Future[Any] | None = None

    def run(self, launch: Launch, say: Say) -> Finished:
        with grpc.insecure_channel(self._address, options=_OPTIONS) as channel:
            stub = language_pb2_grpc.LanguageRuntimeStub(channel)
            self._call = stub.Run.future(_request(launch))
            try:
                response = self._call.result()
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    raise EngineError(f"there is no program at {self._address}: {error.details()}") from error
                return Finished(str(error.details()))
        return Finished(response.error, response.bail)

    def stop(self) -> None:
        if self._call is not None:
            self._call.cancel()


def _request(launch: Launch) -> language_pb2.RunRequest:
    return language_pb2.RunRequest(
        project=launch.project,
        stack=launch.stack,
        organization="organization",
        pwd=launch.folder,
        program=launch.main or ".",
        args=[launch.engine],
        config=dict(launch.config),
        configSecretKeys=list(launch.secret_keys),
        dryRun=launch.preview,
        parallel=min(launch.parallel, _MOST_PARALLEL),
        monitor_address=launch.monitor,
        info=language_pb2.ProgramInfo(
            root_directory=launch.folder, program_directory=launch.folder, entry_point=launch.main or "."
        ),
    )
