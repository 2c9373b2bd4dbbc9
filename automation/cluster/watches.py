"""A live copy of the objects that ticks look at, kept by watches, so that a tick at rest asks the API server nothing.

Writers put the server's answer into the copy at once (`put`), so a tick always sees its own writes. Writes of
others arrive some milliseconds late, so whoever acts on the copy writes with the resourceVersion that it saw.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from automation.cluster.client import Cluster, WatchExpired
from automation.core.kinds import Kind, Manifest, Scope
from automation.errors import ClusterAway, SluiceError

Key = tuple[str, str]
UNASKED_SECONDS = 900.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


def key_of(thing: Manifest) -> Key:
    metadata = thing["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def version(thing: Manifest) -> int:
    """When an object was written: resourceVersions of one kind grow."""
    return int(thing["metadata"]["resourceVersion"])


class Watch:
    """Objects of one kind, listed once and then followed by a thread of its own.

    `scope` limits them to a namespace, and in it to one name.
    """

    def __init__(self, cluster: Cluster, kind: Kind, scope: Scope, changed: Callable[[Kind, Manifest], None]):
        self._cluster, self.kind, self._scope, self._changed = cluster, kind, scope, changed
        self._objects: dict[Key, Manifest] = {}
        self._passed = 0
        self._lock = threading.Lock()
        self._listed = threading.Event()
        self._stopped = threading.Event()
        self.trouble: SluiceError | None = None
        self._thread = threading.Thread(target=self._follow, name=f"watch-{kind.plural}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def ready(self, seconds: float) -> bool:
        return self._listed.wait(seconds)

    def get(self, namespace: str, name: str) -> Manifest | None:
        with self._lock:
            return self._objects.get((namespace, name))

    def all(self) -> list[Manifest]:
        with self._lock:
            return list(self._objects.values())

    def put(self, thing: Manifest) -> None:
        """Stores what the server answered to a write, unless the watch has seen something newer, such as a deletion."""
        with self._lock:
            known = self._objects.get(key_of(thing))
            if version(thing) > (version(known) if known else self._passed):
                self._objects[key_of(thing)] = thing

    def _follow(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                since = self._list()
                failures = 0
                self.trouble = None
                while not self._stopped.is_set():
                    since = self._stream(since)
            except WatchExpired:
                self._stopped.wait(RETRY_SECONDS[0])
            except Exception as broken:  # noqa: BLE001 - a watch that ends for good leaves its driver blind
                self.trouble = _trouble(broken, self.kind)
                self._stopped.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    def _list(self) -> str:
        objects, since = self._cluster.list_page(self.kind, self._scope)
        listed = {key_of(thing): thing for thing in objects}
        with self._lock:
            before = self._objects
            # What a writer put while the list was on its way is newer than the list.
            self._passed = int(since or 0)
            written = {key: thing for key, thing in before.items() if version(thing) > self._passed}
            listed |= written
            self._objects = listed
        self._listed.set()
        for key, thing in listed.items():
            if key not in before or version(thing) > version(before[key]):
                self._changed(self.kind, thing)
        for key in before.keys() - listed.keys():
            self._changed(self.kind, before[key])
        if not since:
            raise ClusterAway(f"the cluster has no {self.kind.plural} yet")
        return since

    def _stream(self, since: str) -> str:
        begun = since
        for what, thing in self._cluster.watch(self.kind, self._scope, since):
            since = thing["metadata"]["resourceVersion"]
            if what != "BOOKMARK":
                self._take(what, thing)
            if self._stopped.is_set():
                break
        if since == begun:  # a server that ends each watch at once must not be asked again without a pause
            self._stopped.wait(RETRY_SECONDS[0])
        return since

    def _take(self, what: str, thing: Manifest) -> None:
        with self._lock:
            self._passed = max(self._passed, version(thing))
            known = self._objects.get(key_of(thing))
            if known is None or version(thing) >= version(known):
                self._objects.pop(key_of(thing), None)
                if what != "DELETED":
                    self._objects[key_of(thing)] = thing
        self._changed(self.kind, thing)


def _trouble(broken: Exception, kind: Kind) -> SluiceError:
    if isinstance(broken, SluiceError):
        return broken
    return ClusterAway(f"the watch of {kind.plural} broke: {type(broken).__name__}: {broken}")


class Watches:
    """The watches of one driver. They cover only these kinds and namespaces, so that it needs no rights beyond them.

    `changed(kind, object)` is called from their threads and must return at once.
    """

    def __init__(
        self,
        cluster: Cluster,
        kinds: Iterable[Kind],
        namespaces: Iterable[str],
        changed: Callable[[Kind, Manifest], None] = lambda kind, thing: None,
    ) -> None:
        self._watches = {
            (kind, namespace): Watch(cluster, kind, Scope(namespace), changed)
            for kind in kinds
            for namespace in namespaces
        }

    def start(self, seconds: float = 30.0) -> None:
        """Starts all and waits until each has listed once. Raises ClusterAway after `seconds`."""
        for watch in self._watches.values():
            watch.start()
        for watch in self._watches.values():
            if not watch.ready(seconds):
                raise watch.trouble or ClusterAway(
                    f"the cluster did not list {watch.kind.plural} in {seconds:g} s"
                )

    def stop(self) -> None:
        for watch in self._watches.values():
            watch.stop()

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        watch = self._watches.get((kind, namespace))
        return watch.get(namespace, name) if watch else None

    def all(self, kind: Kind) -> list[Manifest]:
        return [thing for (of, _), watch in self._watches.items() if of is kind for thing in watch.all()]

    def put(self, kind: Kind, thing: Manifest) -> None:
        self._watches[kind, thing["metadata"]["namespace"]].put(thing)

    def trouble(self) -> SluiceError | None:
        """Why the copy may be old, where a watch can't follow just now."""
        return next((watch.trouble for watch in self._watches.values() if watch.trouble), None)


class NamedWatches:
    """Objects that are watched by name. A watch begins when its object is first asked for and ends when nobody asks."""

    def __init__(
        self, cluster: Cluster, changed: Callable[[Kind, Manifest], None] = lambda kind, thing: None
    ) -> None:
        self._cluster, self._changed = cluster, changed
        self._watches: dict[tuple[Kind, str, str], Watch] = {}
        self._asked: dict[tuple[Kind, str, str], float] = {}
        self._lock = threading.Lock()

    def get(self, kind: Kind, namespace: str, name: str, seconds: float = 10.0) -> Manifest | None:
        """The object, None where there is none. Raises ClusterAway when it could not be read in `seconds`."""
        with self._lock:
            watch = self._watches.get((kind, namespace, name))
            if watch is None:
                self._forget()
                watch = Watch(self._cluster, kind, Scope(namespace, name), self._changed)
                self._watches[kind, namespace, name] = watch
                watch.start()
            self._asked[kind, namespace, name] = time.monotonic()
        if not watch.ready(seconds):
            raise watch.trouble or ClusterAway(
                f"{kind.kind} {name}.{namespace} could not be read in {seconds:g} s"
            )
        return watch.get(namespace, name)

    def _forget(self) -> None:
        """Ends the watches that nobody asks for any more: each release may bring configuration of a new name."""
        begun = time.monotonic() - UNASKED_SECONDS
        for key in [key for key, asked in self._asked.items() if asked < begun]:
            del self._asked[key]
            self._watches.pop(key).stop()

    def stop(self) -> None:
        with self._lock:
            for watch in self._watches.values():
                watch.stop()
