"""When an object is ready, and waiting for that: by watching, without polling."""

from engine.kubernetes.waits.waiting import NotReady, unready_reasons, until_gone, until_ready

__all__ = ["NotReady", "unready_reasons", "until_gone", "until_ready"]
