"""Questions that are answered in memory, by functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from automation.core.decision import AskPermission, CallHook, Measure, Question, Take
from automation.core.observation import Answer, HookAnswer, Observation, Permission, Taken, TakenAnswer
from automation.core.spec import Canary
from automation.questions.asker import Asked


class MemoryQuestions:
    """`hook`, `measure`, `take` and `permit` answer; `unavailable` is what probing the metric providers finds wrong."""

    def __init__(
        self,
        hook: Callable[[CallHook], HookAnswer],
        measure: Callable[[Measure], Answer],
        unavailable: str = "",
        take: Callable[[Take], TakenAnswer] = lambda question: Taken([]),
        permit: Callable[[AskPermission], Permission] = lambda question: Permission(granted=True),
    ) -> None:
        self._hook, self._measure, self._unavailable, self._take = hook, measure, unavailable, take
        self._permit = permit

    def answer(
        self, canary: Canary, seen: Observation, questions: Iterable[Question], asked: Asked
    ) -> Observation:
        hooks, metrics, taken = dict(seen.hooks), dict(seen.metrics), dict(seen.taken)
        for question in questions:
            match question:
                case CallHook(webhook=webhook):
                    hooks[webhook] = self._hook(question)
                case Measure(check=check):
                    metrics[check] = self._measure(question)
                case Take(analysis=analysis, metric=metric):
                    taken[analysis, metric.name] = self._take(question)
                case AskPermission():
                    seen = replace(seen, permission=self._permit(question))
        return replace(seen, hooks=hooks, metrics=metrics, taken=taken)

    def probe(self, canary: Canary) -> str:
        return self._unavailable
