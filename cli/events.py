"""`sluice events`: what was said of a Canary, oldest first."""

from __future__ import annotations

from typing import Any

import click

from automation.core.kinds import EVENT, Manifest, Scope
from cli.display import as_json
from cli.options import Where, namespace, output, where
from documents.front import is_release


@click.command(short_help="What was said of a Canary, oldest first.")
@click.argument("name", required=False)
@namespace
@output
@where
def events(name: str | None, namespace: str | None, output: str, where: Where) -> None:
    """What was said of a Canary (or of all), oldest first."""
    said = [
        event
        for event in where.cluster().select(EVENT, Scope(namespace))
        if is_release(event["involvedObject"]) and name in (None, event["involvedObject"].get("name"))
    ]
    said.sort(key=lambda event: (event.get("lastTimestamp") or "", event["metadata"]["resourceVersion"]))
    if output == "json":
        click.echo(as_json([shown(event) for event in said]))
        return
    for event in said:
        fields = shown(event)
        repeated = f" (x{fields['count']} since {fields['first']})" if fields["count"] > 1 else ""
        click.echo(f"{fields['last']}  {fields['type']:<7}  {fields['message']}{repeated}")


def shown(event: Manifest) -> dict[str, Any]:
    return {
        "canary": f"{event['involvedObject'].get('name')}.{event['metadata']['namespace']}",
        "type": event.get("type", ""),
        "message": event.get("message", ""),
        "count": int(event.get("count") or 1),
        "first": event.get("firstTimestamp") or "",
        "last": event.get("lastTimestamp") or "",
    }
