"""Wavefront, which is VMware Aria Operations for Applications: its charts API."""

from __future__ import annotations

from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.order import Order


def take(order: Order) -> float | list[float]:
    """The value next to the moment of the question; a list of each series' where there are several. Keys of the Secret
    are addresses, their values tokens."""
    address = str(order.settings.get("address") or "")
    if address not in order.secret:
        raise unanswered(f"its Secret has no key {address}, which is to hold the token for that address")
    moment = f"{int(order.at)}000"
    asked = {"q": order.query, "s": moment, "e": moment, "p": "1", "g": "s", "i": "true"}
    url = address if "://" in address else f"https://{address}"
    headers = {"Authorization": f"Bearer {order.secret[address]}"}
    answer = order.json(Call(f"{url.rstrip('/')}/api/v2/chart/api", asked, headers))
    if told := answer["errorMessage"].text:
        raise unanswered(f"error response: {told}")
    nearest = [_nearest(series, order.at) for series in answer["timeseries"].items]
    values = [value for value in nearest if value is not None]
    if not values:
        raise unanswered("No TimeSeries found in response from Wavefront")
    return values[0] if len(values) == 1 else values


def _nearest(series: Part, at: float) -> float | None:
    """The value whose time is next to unix second `at`; a point is a time and a value."""
    points = [point.items for point in series["data"].items]
    timed = [(abs((point[0].number or 0.0) - at), point[1].number) for point in points if len(point) > 1]
    return min(timed, key=lambda point: point[0])[1] if timed else None
