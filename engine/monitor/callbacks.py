"""Calls back into the program: transforms and hooks run there."""

from __future__ import annotations

import threading

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc

from engine.errors import EngineError

_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
]


class Callbacks:
    """One connection per callback server. May be used from any thread."""

    def __init__(self) -> None:
        self._channels: dict[str, grpc.Channel] = {}
        self._lock = threading.Lock()

    def invoke(self, callback: callback_pb2.Callback, request: bytes) -> bytes:
        """The callback's answer. Raises `EngineError` with the callback's own words if it fails."""
        stub = callback_pb2_grpc.CallbacksStub(self._channel(callback.target))
        try:
            answer = stub.Invoke(callback_pb2.CallbackInvokeRequest(token=callback.token, request=request))
        except grpc.RpcError as error:
            raise EngineError(str(error.details())) from error
        response: bytes = answer.response
        return response

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for channel in self._channels.values():
                channel.close()
            self._channels.clear()

    def _channel(self, target: str) -> grpc.Channel:
        with self._lock:
            if target not in self._channels:
                self._channels[target] = grpc.insecure_channel(target, options=_OPTIONS)
            return self._channels[target]
