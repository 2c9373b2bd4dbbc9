"""Splunk Observability Cloud, which was SignalFx: SignalFlow programs, answered as a stream of events."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from automation.questions.metrics.answers import Garbled, Part
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.vendor import Vendor, Window

INTERVALS = 10


class Splunk(Vendor):
    """A program is run over ten intervals that have passed. The last value counts; all have to be of one series. The
    address is `https://api.REALM.signalfx.com`, or that of its streams."""

    kind = "splunk"
    needs = Needs(keys=("sf_token_key",), secret=True)

    def number(self, query: str, window: Window) -> float | None:
        seen = window.times(INTERVALS)
        asked = {
            "start": f"{seen.start * 1000:.0f}",
            "stop": f"{seen.end * 1000:.0f}",
            "immediate": "true",
        }
        headers = {"Content-Type": "text/plain", **self._token}
        text = self.text(Call(self._of("stream", "/v2/signalflow/execute"), asked, headers, query))
        values = [value for event in _events(text) for value in _values(*event)]
        if len({series for series, _ in values}) > 1:
            raise unanswered("query returned multiple values; aggregate it to one series")
        return values[-1][1] if values else None

    def greet(self) -> None:
        self.json(Call(self._of("api", "/v2/metric"), {"limit": "1"}, self._token))

    def _of(self, part: str, path: str) -> str:
        """The URL of one of its servers: they differ by the first word of their names."""
        parts = urlsplit(self.access.address)
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        word, dot, rest = parts.netloc.partition(".")
        host = f"{part}{dot}{rest}" if word in ("api", "stream") else parts.netloc
        return f"{scheme}://{host}{parts.path.rstrip('/')}{path}"

    @property
    def _token(self) -> dict[str, str]:
        return {"X-SF-Token": self.access.secret["sf_token_key"]}


def _events(text: str) -> Iterator[tuple[str, Part]]:
    """Kind and data of each event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = [line.partition(":") for line in block.splitlines()]
        told = [(name, value.removeprefix(" ")) for name, _, value in fields]
        data = "\n".join(value for name, value in told if name == "data")
        if data:
            yield dict(told).get("event", "message"), Part.parse(data)
        elif any(name not in ("event", "id", "retry", "") for name, _ in told):
            raise Garbled(f"{block[:200]!r} is no event of a stream")


def _values(kind: str, data: Part) -> Iterator[tuple[str, float]]:
    if kind == "error" or data["error"].value is not None:
        raise unanswered(f"error response: {data['message'].text or data['error'].value}")
    for point in data["data"].items if kind == "data" else ():
        if (value := point["value"].number) is not None:
            yield point["tsId"].text, value
