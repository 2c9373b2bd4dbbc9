"""Following a collection of the API server: a list, then changes, over and over."""

import asyncio
import base64
import json
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import aiohttp

Objects = dict[tuple[str, str], dict[str, Any]]
AGAIN = 0.5  # seconds before another try after the API server did not answer


def session(kubeconfig: str) -> aiohttp.ClientSession:
    """A client of the API server that the kubeconfig (as the lab writes them) names."""
    with open(kubeconfig) as file:
        document = json.load(file)
    cluster = document["clusters"][0]["cluster"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    return aiohttp.ClientSession(
        cluster["server"],
        connector=aiohttp.TCPConnector(ssl=tls),
        headers={"Authorization": "Bearer " + document["users"][0]["user"]["token"]},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=None),
    )


async def follow(client: aiohttp.ClientSession, path: str, changed: Callable[[Objects], None]) -> None:
    """Call `changed` with all objects at `path`, by (namespace, name), at first and after each change; for ever."""
    while True:
        try:
            objects, version = await _list(client, path)
            changed(objects)
            await _changes(client, path, version, objects, changed)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            await asyncio.sleep(AGAIN)


async def _list(client: aiohttp.ClientSession, path: str) -> tuple[Objects, str]:
    async with client.get(path) as response:
        response.raise_for_status()
        document = await response.json()
    return dict(_keyed(document["items"])), document["metadata"]["resourceVersion"]


async def _changes(
    client: aiohttp.ClientSession,
    path: str,
    version: str,
    objects: Objects,
    changed: Callable[[Objects], None],
) -> None:
    """Returns when the server ends the watch, or says that `version` is too old to go on from."""
    query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "false"}
    async with client.get(path, params=query) as response:
        response.raise_for_status()
        while line := await response.content.readline():
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            ((key, item),) = _keyed([event["object"]])
            if event["type"] == "DELETED":
                objects.pop(key, None)
            else:
                objects[key] = item
            changed(objects)


def _keyed(items: Iterable[dict[str, Any]]) -> Iterable[tuple[tuple[str, str], dict[str, Any]]]:
    return (((item["metadata"].get("namespace", ""), item["metadata"]["name"]), item) for item in items)
