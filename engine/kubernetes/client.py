"""HTTP to one API server: one pool of connections for all threads, and errors that say what to do.

Everything that can go wrong on the way ends here: `Unreachable` when there is no answer, `ApiError` when the
answer is a refusal. Both are `ProviderError`s.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from urllib3 import HTTPHeaderDict
from urllib3.exceptions import HTTPError, InsecureRequestWarning, MaxRetryError, ReadTimeoutError

from engine.kubernetes import connections
from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.objects import Object
from engine.kubernetes.patience import Patience
from engine.provider import ProviderError

if TYPE_CHECKING:
    from engine.kubernetes.access import Access

JSON = "application/json"
APPLY_PATCH = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"


class Unreachable(ProviderError):
    """The API server gave no answer, or nothing tells where it is."""

    def __init__(self, reason: str):
        super().__init__(f"configured Kubernetes cluster is unreachable: {reason}")


class ApiError(ProviderError):
    """The API server refused. `status` is the HTTP code, `reason` the API's own word (`AlreadyExists`, …)."""

    def __init__(self, status: int, document: Mapping[str, Any], attempt: str = ""):
        self.status = status
        self.reason = str(document.get("reason") or "")
        self.details: Mapping[str, Any] = document.get("details") or {}
        message = str(document.get("message") or HTTPStatus(status).phrase)
        # The server names the object in its message, unless it does not even know the path.
        where = "" if self.details or not attempt else f" ({attempt})"
        super().__init__(message + where + _REMEDIES.get(status, ""))


_REMEDIES: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: ": the API server does not accept these credentials. Log in again, or correct the user "
    "of the kubeconfig's context",
    HTTPStatus.FORBIDDEN: ". If that is a matter of permissions, grant them to this user (`kubectl auth can-i --list` "
    "shows what it may do)",
}


class Client:
    """Requests to one cluster. Nothing is loaded or contacted before the first of them. Thread-safe."""

    def __init__(self, source: Source, patience: Patience = Patience()):
        self._source = source
        self.patience = patience
        self._lock = threading.Lock()
        self._connection: _Connection | None = None

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = JSON,
        warn: Callable[[str], None] | None = None,
    ) -> Object:
        """The document that the API server answers with. `warn` gets its warnings.

        Raises `ApiError` for every refusal and `Unreachable` when there is no answer.
        """
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        response = self._send(method, _target(path, query), data, content_type)
        document = _decoded(response)
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(response.status, document, f"{method} {path}")
        if warn:
            for text in _warnings(response):
                warn(text)
        return document

    def find(self, path: str, query: Mapping[str, str] | None = None) -> Object | None:
        """The document at a path, None where the API server knows none."""
        try:
            return self.request("GET", path, query)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def stream(self, path: str, query: Mapping[str, str]) -> Stream:
        """A watch that is open. Raises like `request`."""
        response = self._send("GET", _target(path, query), None, JSON, streaming=True)
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(response.status, _decoded(response), f"watching {path}")
        return Stream(response)

    def _send(
        self, method: str, target: str, data: bytes | None, content_type: str, streaming: bool = False
    ) -> urllib3.BaseHTTPResponse:
        connection = self._connected()
        response = connection.send(method, target, data, content_type, streaming)
        if response.status != HTTPStatus.UNAUTHORIZED:
            return response
        # Credentials may have been rotated since they were loaded: load them anew, once.
        self._forget(connection)
        return self._connected().send(method, target, data, content_type, streaming)

    def _connected(self) -> _Connection:
        with self._lock:
            if self._connection is None:
                # The kubeconfig loaders are slow to import, and a program without changes never connects.
                from engine.kubernetes.access import Access

                try:
                    self._connection = _Connection(Access(self._source), self.patience)
                except (ProviderError, OSError) as error:
                    raise Unreachable(str(error)) from error
            return self._connection

    def _forget(self, connection: _Connection) -> None:
        with self._lock:
            if self._connection is connection:
                self._connection = None


class _Connection:
    """A pool of connections that were opened with the same credentials."""

    def __init__(self, access: Access, patience: Patience):
        self.access = access
        self._patience = patience
        options: dict[str, Any] = {}
        if access.server.startswith("https"):
            options["ssl_context"] = _tls(access)
            if access.server_name:
                options |= {"server_hostname": access.server_name, "assert_hostname": access.server_name}
        self._pool = connections.pool(access.proxy, **options)

    def send(
        self, method: str, target: str, data: bytes | None, content_type: str, streaming: bool
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(
                method,
                self.access.server + target,
                body=data,
                headers=self._headers(content_type),
                retries=connections.again(method),
                timeout=connections.timeout(self._patience, streaming),
                preload_content=not streaming,
                redirect=False,
            )
        except ReadTimeoutError as error:
            asked = f"{method} {target.partition('?')[0]}"
            waited = f"gave no answer to {asked} within {self._patience.answer:g} seconds"
            raise Unreachable(f"{self.access.server} {waited}") from error
        except HTTPError as error:
            raise Unreachable(_cause(error, self.access.server)) from error

    def _headers(self, content_type: str) -> HTTPHeaderDict:
        headers = HTTPHeaderDict(
            {"Accept": JSON, "Content-Type": content_type, "User-Agent": "sluice-engine"}
        )
        authorization = self.access.authorization()
        if authorization:
            headers["Authorization"] = authorization
        headers.extend(self.access.impersonation)
        return headers


class Stream:
    """The events of a watch as they come. `close` may be called from another thread and ends the iteration."""

    def __init__(self, response: urllib3.BaseHTTPResponse):
        self._response = response
        self._closed = False

    def __iter__(self) -> Iterator[Object]:
        """Yields watch events (`type`, `object`) until the server ends the watch or the connection breaks."""
        pending = b""
        try:
            for chunk in self._response.stream():
                *lines, pending = (pending + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        except (HTTPError, OSError, ValueError, AttributeError):
            # A broken connection is an ended watch: whoever follows it opens the next one. A connection that is
            # shut down under a blocked read fails in any of these ways.
            return
        finally:
            self._response.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                self._response.shutdown()
            except (OSError, ValueError):
                return


def _tls(access: Access) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=access.ca_file)
    if not access.verify:
        # The kubeconfig says so itself: one warning for each request would tell nobody anything new.
        urllib3.disable_warnings(InsecureRequestWarning)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_certificate:
        context.load_cert_chain(*access.client_certificate)
    return context


def _target(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _decoded(response: urllib3.BaseHTTPResponse) -> Object:
    text = response.data
    try:
        document = json.loads(text)
    except ValueError:
        document = {"message": text.decode(errors="replace").strip()}
    return document if isinstance(document, dict) else {}


def _warnings(response: urllib3.BaseHTTPResponse) -> list[str]:
    """The texts of `Warning: 299 - "…"` headers."""
    texts = (header.split('"', 1) for header in response.headers.getlist("Warning"))
    return [parts[1].rsplit('"', 1)[0].replace('\\"', '"') for parts in texts if len(parts) == 2]


def _cause(error: HTTPError, server: str) -> str:
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    text = str(reason)
    # urllib3 puts the representation of the connection in front: `HTTPSConnection(host=…): what happened`.
    return f"{server}: {text.rsplit('>: ', 1)[-1].rsplit('): ', 1)[-1]}"
