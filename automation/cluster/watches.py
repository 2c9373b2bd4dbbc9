"""A live copy of the objects that ticks look at, kept by watches, so that a tick at rest asks the API server nothing.

Writers put the server's answer into the copy at once (`put`), so a tick always sees its own writes. Writes of
others arrive some milliseconds late, so whoever acts on the copy writes with the resourceVersion that it saw.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from automation.cluster.client import Cluster, WatchExpired
from automation.core.kinds import EVERYWHERE, Kind, Manifest, Scope
from automation.errors import ClusterAway, SluiceError

Key = tuple[str, str]
"""Namespace and name of an object."""
Changed = Callable[[Kind, Manifest], None]
Kept = Callable[[Manifest], Manifest]
LIST_SECONDS = 30.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


def key_of(thing: Manifest) -> Key:
    metadata = thing["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def version(thing: Manifest) -> int:
    """When an object was written: resourceVersions of one kind grow."""
    return int(thing["metadata"]["resourceVersion"])


class Watch:
    """Objects of one kind, listed once and then followed by a thread of its own.

    `scope` limits them, `kept` is what is remembered of each.
    """

    def __init__(self, cluster: Cluster, kind: Kind, scope: Scope, changed: Changed, kept: Kept) -> None:
        self._cluster, self.kind, self._scope = cluster, kind, scope
        self._changed, self._kept = changed, kept
        self._objects: dict[Key, Manifest] = {}
        self._passed = 0
        self._lock = threading.Lock()
        self._listed = threading.Event()
        self._stopped = threading.Event()
        self.trouble: SluiceError | None = None
        self.absent = False
        self._thread = threading.Thread(target=self._follow, name=f"watch-{kind.plural}", daemon=True)

    @property
    def everywhere(self) -> bool:
        return self._scope == EVERYWHERE

    def covers(self, thing: Manifest) -> bool:
        """Whether an object is one that it follows."""
        return self._scope.namespace in (None, key_of(thing)[0])

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
                self._objects[key_of(thing)] = self._kept(thing)

    def drop(self, namespace: str, name: str) -> None:
        """Forgets what a reader found gone; one that is made anew meanwhile comes back by its own event."""
        with self._lock:
            self._objects.pop((namespace, name), None)

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
        listed = {key_of(thing): self._kept(thing) for thing in objects}
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
        self.absent = not since
        if self.absent:
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
                    self._objects[key_of(thing)] = self._kept(thing)
        self._changed(self.kind, thing)


def _trouble(broken: Exception, kind: Kind) -> SluiceError:
    if isinstance(broken, SluiceError):
        return broken
    return ClusterAway(f"the watch of {kind.plural} broke: {type(broken).__name__}: {broken}")


class Watches:
    """The watches of one driver: one a kind, for the whole cluster. A kind that is not among `kinds`, such as that of a
    gateway which no Canary has named so far, is followed from the first question about it on.

    A driver of one namespace (`only`), or one that may not see the whole cluster, watches namespaces: that one, or
    those of `least`. `kept` says what is remembered of an object of a kind, by default all of it. `changed(kind,
    object)` is called from their threads and must return at once.
    """

    def __init__(
        self,
        cluster: Cluster,
        kinds: Iterable[Kind],
        only: str | None = None,
        least: Iterable[str] = (),
        changed: Changed = lambda kind, thing: None,
        kept: Mapping[Kind, Kept] | None = None,
    ) -> None:
        self._cluster, self._changed, self._kept = cluster, changed, kept or {}
        self._least = frozenset([only] if only else least)
        self._only = only
        self._watches = {kind: self._of(kind) for kind in kinds}
        self._needed = frozenset(self._watches)
        self._widening = threading.Lock()

    def start(self, seconds: float = LIST_SECONDS) -> None:
        """Starts all and waits until each has listed once. Raises ClusterAway or ClusterRefused after `seconds`."""
        for kind, watches in self._watches.items():
            self._watches[kind] = self._seen_by_us(kind, watches)
        started = list(self._all())
        for watch in started:
            watch.start()
        _await(started, seconds)

    def stop(self) -> None:
        for watch in self._all():
            watch.stop()

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        found = (watch.get(namespace, name) for watch in self._following(kind))
        return next((thing for thing in found if thing is not None), None)

    def all(self, kind: Kind) -> list[Manifest]:
        return [thing for watch in self._following(kind) for thing in watch.all()]

    def lacks(self, kind: Kind) -> bool:
        return all(watch.absent for watch in self._following(kind))

    def put(self, kind: Kind, thing: Manifest) -> None:
        for watch in self._following(kind):
            if watch.covers(thing):
                watch.put(thing)

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        for watch in self._following(kind):
            watch.drop(namespace, name)

    def trouble(self) -> SluiceError | None:
        """Why the copy may be old, where a watch can't follow just now."""
        return next(
            (watch.trouble for watch in self._all() if watch.trouble and not self._spared(watch)), None
        )

    def _spared(self, watch: Watch) -> bool:
        """Whether a cluster may as well have no objects of its kind: whoever needs them says so."""
        return watch.absent and watch.kind not in self._needed

    def _following(self, kind: Kind) -> list[Watch]:
        """The watches of a kind, which have listed it. Raises ClusterAway or ClusterRefused where they can't."""
        known = self._watches.get(kind)
        if known is not None:
            return known  # nobody waits for a kind that somebody else has just asked for
        with self._widening:
            if kind not in self._watches:
                self._watches = {**self._watches, kind: self._followed(kind)}
            return self._watches[kind]

    def _followed(self, kind: Kind) -> list[Watch]:
        started = self._seen_by_us(kind, self._of(kind))
        for watch in started:
            watch.start()
        try:
            _await(started, LIST_SECONDS)
        except SluiceError:
            for watch in started:
                watch.stop()
            raise
        return started

    def _all(self) -> Iterator[Watch]:
        for watches in self._watches.values():
            yield from watches

    def _of(self, kind: Kind) -> list[Watch]:
        return self._narrow(kind) if self._only else [self._wide(kind)]

    def _seen_by_us(self, kind: Kind, watches: list[Watch]) -> list[Watch]:
        """The watches, or narrower ones where we may not see the whole cluster."""
        narrower = watches[0].everywhere and self._least and not self._may_list(kind)
        return self._narrow(kind) if narrower else watches

    def _wide(self, kind: Kind) -> Watch:
        return Watch(self._cluster, kind, EVERYWHERE, self._changed, self._kept.get(kind, _whole))

    def _narrow(self, kind: Kind) -> list[Watch]:
        return [
            Watch(self._cluster, kind, Scope(namespace), self._changed, self._kept.get(kind, _whole))
            for namespace in sorted(self._least)
        ]

    def _may_list(self, kind: Kind) -> bool:
        try:
            return self._cluster.may_list(kind)
        except ClusterAway:
            return True  # the watch goes on asking, and says what is wrong


def _await(started: Iterable[Watch], seconds: float) -> None:
    for watch in started:
        if not watch.ready(seconds):
            raise watch.trouble or ClusterAway(
                f"the cluster did not list {watch.kind.plural} in {seconds:g} s"
            )


def _whole(thing: Manifest) -> Manifest:
    return thing
