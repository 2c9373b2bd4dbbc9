"""The gRPC server that a program talks to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from engine.monitor.engine import EngineService
from engine.monitor.service import MonitorService
from engine.monitor.session import Session

_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
    ("grpc.so_reuseport", 0),
]
# Threads are made when they are needed. A program may hold many calls open at once, and a transform may
# call back while its resource's call is still open: too few would mean a deadlock.
_THREADS = 512


@dataclass(frozen=True)
class Monitor:
    """A running server; `address` is host:port on loopback."""

    address: str

    @classmethod
    @contextmanager
    def serve(cls, session: Session) -> Iterator[Monitor]:
        """Serve the program of a session until the block ends."""
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="monitor")
        server = grpc.server(pool, options=_OPTIONS)
        engine = EngineService(session)
        service = MonitorService(session, engine)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(service, server)
        engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield cls(f"127.0.0.1:{port}")
        finally:
            session.close()
            # With grace, calls that nobody waits for any more end quietly.
            server.stop(1)
            service.close()
            pool.shutdown(wait=False)
