"""Looking at a container once: over HTTP, TCP or gRPC straight at the pod's address, or by a command inside it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from lab import images

Spec = Mapping[str, Any]
LONGEST_OUTPUT = 10 * 1024
Execute = Callable[[Sequence[str], float], Awaitable[tuple[int, str]]]
"""Runs a command in the container, for so many seconds at most; its exit code and output. Raises `TimeoutError`."""


class Checker:
    """Makes HTTP requests of probes and hooks; one for the whole node."""

    async def __aenter__(self) -> "Checker":
        unverified = ssl.create_default_context()
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE  # as kubelets do: the pod may have any certificate
        connector = aiohttp.TCPConnector(force_close=True, ssl=unverified, limit=0)
        self._session = aiohttp.ClientSession(connector=connector, headers={"User-Agent": "kube-probe/1.36"})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def http(self, url: str, headers: Mapping[str, str], timeout: float) -> str:
        """Any answer from 200 to 399 is good."""
        try:
            async with self._session.get(
                url, headers=headers, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=timeout)
            ) as response:
                if 200 <= response.status < 400:
                    return ""
                return f"HTTP probe failed with statuscode: {response.status}"
        except TimeoutError:
            return f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        except aiohttp.ClientConnectorError as error:
            return f'Get "{url}": dial tcp {error.host}:{error.port}: connect: {_reason(error.os_error)}'
        except aiohttp.ClientError as error:
            return f'Get "{url}": {error or type(error).__name__}'

    async def tcp(self, host: str, port: int, timeout: float) -> str:
        """A connection that is taken is good."""
        try:
            async with asyncio.timeout(timeout):
                _, writer = await asyncio.open_connection(host, port)
        except TimeoutError:
            return f"dial tcp {host}:{port}: i/o timeout"
        except OSError as error:
            return f"dial tcp {host}:{port}: connect: {_reason(error)}"
        writer.close()
        return ""

    async def grpc(self, host: str, port: int, service: str, timeout: float) -> str:
        """The answer SERVING of the standard health service is good."""
        # Few pods have such a probe, and the library is large.
        from grpc import StatusCode, aio

        channel = aio.insecure_channel(f"{host}:{port}")
        call = channel.unary_unary("/grpc.health.v1.Health/Check", bytes, bytes)
        try:
            answer = await call(_health_request(service), timeout=timeout)
        except aio.AioRpcError as error:
            if error.code() is StatusCode.DEADLINE_EXCEEDED:
                return f'timeout: failed to connect service "{host}:{port}" within {timeout:g}s'
            return f"error: health rpc probe failed: {error.details()}"
        finally:
            await channel.close(None)
        return "" if answer == b"\x08\x01" else 'service unhealthy (responded with "NOT_SERVING")'


@dataclass(frozen=True)
class Target:
    """The container that is looked at."""

    checker: Checker
    address: str
    spec: Spec
    image: images.Image
    execute: Execute

    async def look(self, handler: Spec, timeout: float) -> str:
        """Looks once, as the handler of a probe says. The answer is what is wrong, "" if nothing is."""
        if "httpGet" in handler:
            return await self._http(handler["httpGet"], timeout)
        if "tcpSocket" in handler:
            asked = handler["tcpSocket"]
            return await self.checker.tcp(
                asked.get("host") or self.address, self._port(asked["port"]), timeout
            )
        if "grpc" in handler:
            asked = handler["grpc"]
            return await self.checker.grpc(self.address, asked["port"], asked.get("service", ""), timeout)
        return await self._command(handler["exec"].get("command", ()), timeout)

    async def _http(self, asked: Spec, timeout: float) -> str:
        host = asked.get("host") or self.address
        scheme = asked.get("scheme", "HTTP").lower()
        path = asked.get("path", "/")
        url = f"{scheme}://{host}:{self._port(asked['port'])}/{path.removeprefix('/')}"
        headers = {header["name"]: header["value"] for header in asked.get("httpHeaders", ())}
        return await self.checker.http(url, headers, timeout)

    async def _command(self, argv: Sequence[str], timeout: float) -> str:
        direct = images.direct_check(self.image, argv, self.address)
        if direct:
            return await self.checker.http(direct, {}, timeout)
        try:
            code, output = await self.execute(argv, timeout)
        except TimeoutError:
            return f'command timed out: "{" ".join(argv)}" timed out after {timeout:g}s'
        return "" if code == 0 else output[:LONGEST_OUTPUT] or f"command terminated with exit code {code}"

    def _port(self, port: int | str) -> int:
        if isinstance(port, int) or port.isdigit():
            return int(port)
        return int(next(p["containerPort"] for p in self.spec.get("ports", ()) if p.get("name") == port))


def _health_request(service: str) -> bytes:
    """The one message that is sent, in its wire format: field 1, a string, left out if empty."""
    name = service.encode()
    return b"\x0a" + bytes([len(name)]) + name if name else b""


def _reason(error: OSError) -> str:
    return (
        "connection refused"
        if isinstance(error, ConnectionRefusedError)
        else (error.strerror or str(error)).lower()
    )
