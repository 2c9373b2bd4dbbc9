"""Lines of Prometheus' text format."""

from lab.gateway.model import Labels


def line(name: str, labels: Labels, value: float) -> str:
    """One sample of the series `name`."""
    inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{inner}}} {value:.15g}" if inner else f"{name} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
