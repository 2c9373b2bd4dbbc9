"""Commands that people paste."""

from __future__ import annotations

import pytest

from automation.core import kubectl
from documents.front import canary_of
from tests.core.documents import document

CANARY = canary_of(document())


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            kubectl.set_field(CANARY, "suspend", False),
            """kubectl -n test patch canary podinfo --type merge -p '{"spec":{"suspend":false}}'""",
        ),
        (kubectl.delete(CANARY), "kubectl -n test delete canary podinfo"),
        (
            kubectl.set_image(CANARY, "podinfod", "podinfo:1"),
            "kubectl -n test set image deployment/podinfo podinfod=podinfo:1",
        ),
        (kubectl.scale(CANARY, 2), "kubectl -n test scale deployment/podinfo --replicas=2"),
    ],
    ids=["a field", "deletion", "an image", "pods"],
)
def test_a_command_is_whole(command: str, text: str) -> None:
    assert command == text
