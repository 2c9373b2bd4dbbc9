"""Questions that are answered in memory, by functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from automation.core.decision import CallHook, Measure, Question
from automation.core.observation import Answer, HookAnswer, Observation
from automation.core.spec import Canary, MetricCheck
from automation.questions.asker import Asked


class MemoryQuestions:
    """`hook` and `measure` answer; `unavailable` is what probing the metric providers finds wrong."""

    def __init__(
        self,
        hook: Callable[[CallHook], HookAnswer],
        measure: Callable[[MetricCheck], Answer],
        unavailable: str = "",
    ) -> None:
        self._hook, self._measure, self._unavailable = hook, measure, unavailable

    def answer(
        self, canary: Canary, seen: Observation, questions: Iterable[Question], asked: Asked
    ) -> Observation:
        hooks, metrics = dict(seen.hooks), dict(seen.metrics)
        for question in questions:
            match question:
                case CallHook(webhook=webhook):
                    hooks[webhook] = self._hook(question)
                case Measure(check=check):
                    metrics[check] = self._measure(check)
        return replace(seen, hooks=hooks, metrics=metrics)

    def probe(self, canary: Canary) -> str:
        return self._unavailable
