"""When an object is ready, and waiting for that: by watching, without polling."""

from engine.kubernetes.waits.gone import until_gone
from engine.kubernetes.waits.ready import NotReady, unready_reasons, until_ready

__all__ = ["NotReady", "unready_reasons", "until_gone", "until_ready"]
