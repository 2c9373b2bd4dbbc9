"""An API server in memory behind the loopback: objects by path, versions, conflicts, patches. It watches nothing."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from automation.cluster.client import Cluster
from automation.core.kinds import Kind, Manifest
from automation.inmemory.cluster import merged
from tests.automation.loopback import Answer, Asked, loopback

SUBRESOURCES = ("status", "scale")


def kubeconfig(url: str, folder: Path) -> Path:
    path = folder / "kubeconfig"
    written = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(written))
    return path


@dataclass
class Api:
    """`refuse` may answer a request before it is looked at."""

    cluster: Cluster = field(init=False)
    asked: list[Asked] = field(default_factory=list)
    refuse: Callable[[Asked], Answer | None] = lambda asked: None
    _objects: dict[str, Manifest] = field(default_factory=dict)
    _version: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, kind: Kind, body: Manifest) -> Manifest:
        with self._lock:
            return self._store(kind.path(body["metadata"]["namespace"], body["metadata"]["name"]), body)

    def serve(self, path: str, body: Manifest) -> None:
        """Serves an object at a path, such as one without a namespace."""
        with self._lock:
            self._store(path, body)

    def get(self, kind: Kind, name: str, namespace: str = "test") -> Manifest:
        return copy.deepcopy(self._objects[kind.path(namespace, name)])

    def names(self, kind: Kind, namespace: str = "test") -> list[str]:
        root = kind.path(namespace) + "/"
        return sorted(path.removeprefix(root) for path in self._objects if path.startswith(root))

    def respond(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if (refused := self.refuse(asked)) is not None:
            return refused
        with self._lock:
            return self._answer(asked)

    def _store(self, path: str, body: Manifest) -> Manifest:
        self._version += 1
        known = self._objects.get(path, {}).get("metadata", {})
        marks = {"uid": known.get("uid", f"uid-{self._version}"), "resourceVersion": str(self._version)}
        self._objects[path] = {**copy.deepcopy(body), "metadata": {**body["metadata"], **marks}}
        return self._objects[path]

    def _answer(self, asked: Asked) -> Answer:
        path = urlsplit(asked.path).path
        base, _, last = path.rpartition("/")
        path, part = (base, last) if last in SUBRESOURCES else (path, "")
        body: Manifest = json.loads(asked.body) if asked.body else {}
        match asked.method:
            case "GET" if path in self._objects:
                return Answer(body=self._objects[path])
            case "GET" if "watch=true" in asked.path:
                return Answer(lines=({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "1"}}},))
            case "GET" if _is_collection(path):
                return self._list(path, parse_qs(urlsplit(asked.path).query).get("labelSelector", [""])[0])
            case "POST":
                return self._create(f"{path}/{body['metadata']['name']}", body)
            case "PATCH" if "force=true" in asked.path and path not in self._objects:
                return Answer(201, self._store(path, body))
            case "PATCH" if "/controllerrevisions/" in path:
                return Answer(422, {"message": "data: Invalid value: field is immutable"})
            case "PUT" | "PATCH" if path in self._objects:
                return self._write(path, part, body)
            case "DELETE" if path in self._objects:
                return Answer(body=self._delete(path))
        return Answer(404, {"message": "not found"})

    def _list(self, path: str, selector: str) -> Answer:
        label, _, value = selector.partition("=")
        found = [
            thing
            for at, thing in self._objects.items()
            if at.rpartition("/")[0] == path
            and (not label or (thing["metadata"].get("labels") or {}).get(label) == value)
        ]
        return Answer(body={"metadata": {"resourceVersion": str(self._version or 1)}, "items": found})

    def _create(self, path: str, body: Manifest) -> Answer:
        if path in self._objects:
            return Answer(409, {"message": "already exists"})
        return Answer(201, self._store(path, body))

    def _write(self, path: str, part: str, body: Manifest) -> Answer:
        known = self._objects[path]
        version = body.get("metadata", {}).get("resourceVersion")
        if version not in (None, known["metadata"]["resourceVersion"]):
            return Answer(409, {"message": "the object has been modified"})
        field = {"scale": "spec"}.get(part, part)
        written = self._store(path, merged(known, {field: body.get(field)} if field else body))
        if "deletionTimestamp" in written["metadata"] and not written["metadata"].get("finalizers"):
            del self._objects[path]
        return Answer(body=written)

    def _delete(self, path: str) -> Manifest:
        known = self._objects[path]
        if known["metadata"].get("finalizers"):
            return self._store(
                path, merged(known, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
            )
        return self._objects.pop(path)


def _is_collection(path: str) -> bool:
    """Whether a path names objects, not one: paths of the core group have one part less than all others."""
    return len(path.split("/")) % 2 == (0 if path.startswith("/api/") else 1)


@contextmanager
def api(folder: Path) -> Iterator[Api]:
    served = Api()
    with loopback(served.respond) as server:
        served.cluster = Cluster.connect(str(kubeconfig(server.url, folder)))
        yield served
