"""The node's client of the API server: plain JSON over one pooled connection, and watches that never end."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import structlog
import yaml

Document = dict[str, Any]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
RETRY_SECONDS = 0.5
TOO_MANY, BROKEN = 429, 500

log = structlog.get_logger()


class Refused(Exception):
    """The API server answered with an error. `code` is the HTTP status, the text its message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Busy(Exception):
    """The API server can't answer now; the text says why."""


UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError, Busy)
"""What passes by itself: the call is worth trying again."""


@dataclass(frozen=True)
class Change:
    """One step of a watch. `kind`: ADDED, MODIFIED or DELETED."""

    kind: str
    document: Document


class Api:
    """Use as an async context manager; methods raise `Refused`, or one of `UNREACHABLE`."""

    def __init__(self, kubeconfig: Path) -> None:
        self._access = _Access.read(kubeconfig)

    async def __aenter__(self) -> "Api":
        self._session = aiohttp.ClientSession(
            self._access.server,
            headers=self._access.headers,
            connector=aiohttp.TCPConnector(ssl=self._access.tls, limit=0),
            timeout=aiohttp.ClientTimeout(total=30),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, **parameters: str) -> Document:
        """The document (or list) at `path`."""
        return await self._call("GET", path, parameters)

    async def create(self, path: str, document: Mapping[str, Any]) -> Document:
        """Posts `document` to the collection at `path`."""
        return await self._call("POST", path, document=document)

    async def replace(self, path: str, document: Mapping[str, Any]) -> Document:
        """Puts `document` at `path`."""
        return await self._call("PUT", path, document=document)

    async def patch(self, path: str, document: Mapping[str, Any], kind: str = MERGE) -> Document:
        """Patches what is at `path`."""
        return await self._call("PATCH", path, document=document, kind=kind)

    async def delete(self, path: str, options: Mapping[str, Any]) -> None:
        """Deletes what is at `path` with `options` (a DeleteOptions without its kind)."""
        await self._call("DELETE", path, document=options)

    async def watch(self, path: str, **parameters: str) -> AsyncIterator[Change]:
        """All there is at `path`, then every change, for good; lost connections are made again.

        What vanished while there was no connection comes as DELETED.
        """
        known: dict[str, Document] = {}
        version = ""
        while True:
            try:
                if not version:
                    listed = await self.get(path, **parameters)
                    version = listed["metadata"]["resourceVersion"]
                    for change in _differences(known, listed["items"]):
                        yield change
                async for change in self._stream(path, {**parameters, "resourceVersion": version}):
                    version = change.document["metadata"]["resourceVersion"]
                    if change.kind == "BOOKMARK":
                        continue
                    _remember(known, change)
                    yield change
            except Refused as refusal:
                if refusal.code != 410:  # 410: too old to resume, list again at once
                    log.warning("watch refused", path=path, reason=str(refusal))
                    await asyncio.sleep(RETRY_SECONDS)
                version = ""
            except UNREACHABLE as error:
                log.info("watch interrupted", path=path, reason=str(error) or type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _stream(self, path: str, parameters: Mapping[str, str]) -> AsyncIterator[Change]:
        query = {**parameters, "watch": "true", "allowWatchBookmarks": "true"}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=None, sock_connect=5)
        async with self._session.get(path, params=query, timeout=timeout) as response:
            _check(response.status, "" if response.ok else await response.text())
            buffer = b""
            async for chunk in response.content.iter_any():
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    yield _change(json.loads(line))

    async def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        document: Mapping[str, Any] | None = None,
        kind: str = "application/json",
    ) -> Document:
        body = None if document is None else json.dumps(document)
        headers = {"Content-Type": kind}
        async with self._session.request(
            method, path, params=parameters, data=body, headers=headers
        ) as response:
            answer = await response.text()
            _check(response.status, answer)
            loaded: Document = json.loads(answer)
            return loaded


def _change(event: Document) -> Change:
    if event["type"] == "ERROR":
        raise Refused(event["object"].get("code", 500), event["object"].get("message", "watch error"))
    return Change(event["type"], event["object"])


def _differences(known: dict[str, Document], listed: list[Document]) -> list[Change]:
    """What a fresh list says beyond what is `known`, which is brought up to date."""
    present = {item["metadata"]["uid"]: item for item in listed}
    gone = [Change("DELETED", document) for uid, document in known.items() if uid not in present]
    found = [Change("MODIFIED" if uid in known else "ADDED", item) for uid, item in present.items()]
    known.clear()
    known.update(present)
    return gone + found


def _remember(known: dict[str, Document], change: Change) -> None:
    uid = change.document["metadata"]["uid"]
    if change.kind == "DELETED":
        known.pop(uid, None)
    else:
        known[uid] = change.document


def _check(status: int, answer: str) -> None:
    if status == TOO_MANY or status >= BROKEN:
        raise Busy(_message(answer))
    if status >= 400:
        raise Refused(status, _message(answer))


def _message(answer: str) -> str:
    try:
        return str(json.loads(answer).get("message", answer))
    except ValueError:
        return answer


@dataclass(frozen=True)
class _Access:
    server: str
    headers: dict[str, str]
    tls: ssl.SSLContext

    @classmethod
    def read(cls, path: Path) -> "_Access":
        document = yaml.safe_load(path.read_text())
        context = _named(document, "context", document["current-context"])
        cluster = _named(document, "cluster", context["cluster"])
        user = _named(document, "user", context["user"])
        tls = ssl.create_default_context(cadata=_authority(cluster))
        return cls(cluster["server"], {"Authorization": f"Bearer {user['token']}"}, tls)


def _named(document: Document, kind: str, name: str) -> Document:
    found: Document = next(entry[kind] for entry in document[f"{kind}s"] if entry["name"] == name)
    return found


def _authority(cluster: Document) -> str:
    if "certificate-authority-data" in cluster:
        return base64.b64decode(cluster["certificate-authority-data"]).decode()
    return Path(cluster["certificate-authority"]).read_text()
