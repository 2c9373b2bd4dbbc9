"""Lines of Prometheus' text format."""

import re

from lab.gateway.model import Labels

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def line(name: str, labels: Labels, value: float) -> str:
    """One sample of the series `name`."""
    inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{inner}}} {value:.15g}" if inner else f"{name} {value:.15g}"


def labels_of(inner: str) -> dict[str, str]:
    """Names and values of the labels between a sample's braces, escapes as they are."""
    return dict(_LABEL.findall(inner))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
