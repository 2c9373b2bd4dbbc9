"""All policy packs of one update, configured and ready to judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pulumi.runtime.proto import analyzer_pb2 as pb

from engine.policy.analyzer import Analyzer, Answer, StackSettings
from engine.policy.definition import read_definition
from engine.policy.errors import PolicyPackError
from engine.policy.findings import Judged, Level, PackInfo, Remediation, Remedied, Tally, Violation
from engine.policy.pool import Pool, shared_pool
from engine.policy.requests import Subject, analyze_request, stack_request
from engine.policy.settings import SettingsMap, effective, problems, read_settings
from engine.values import PropertyMap
from engine.wire import from_struct


@dataclass(frozen=True)
class Sources:
    """Folders of packs and, in the same order, files of their configuration (none, or one for each).

    Raises `PolicyPackError` if these do not fit together.
    """

    packs: Sequence[str] = ()
    configs: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.configs and not self.packs:
            raise PolicyPackError('"--policy-pack-config" must be specified with "--policy-pack"')
        if self.configs and len(self.configs) != len(self.packs):
            raise PolicyPackError(
                'the number of "--policy-pack-config" flags must match the number of "--policy-pack" flags'
            )


@contextmanager
def opened(
    sources: Sources, cwd: Path, env: Mapping[str, str], stack: StackSettings, pool: Pool | None = None
) -> Iterator[Packs]:
    """The packs, started or found warm, and configured for the stack. Raises `PolicyPackError`."""
    given = [read_settings(cwd / path) for path in sources.configs] or [{}] * len(sources.packs)
    definitions = [read_definition(path, cwd) for path in sources.packs]
    with ExitStack() as lent:
        lend = (pool or shared_pool()).lent
        analyzers = [lent.enter_context(lend(definition, env, stack)) for definition in definitions]
        yield Packs(
            [_configured(analyzer, settings) for analyzer, settings in zip(analyzers, given, strict=True)]
        )


_ANY = frozenset(Level) - {Level.DISABLED}


@dataclass(frozen=True)
class _Pack:
    analyzer: Analyzer
    settings: SettingsMap

    def tally(
        self, found: Iterable[str], silent: frozenset[str] = frozenset(), *, stack: bool = False
    ) -> Tally:
        """How its policies of that kind have judged, when those called `found` had something to say."""
        failed, info = frozenset(found), self.analyzer.info
        passed = self.named(stack=stack) - failed - silent
        return Tally(info.name, info.version, tuple(sorted(passed)), tuple(sorted(failed)))

    def named(self, *, stack: bool, levels: frozenset[Level] = _ANY) -> frozenset[str]:
        """The names of its policies that are of that kind and have one of the levels."""
        policies = (policy.name for policy in self.analyzer.policies if policy.for_stack is stack)
        return frozenset(name for name in policies if self.settings[name].level in levels)


class Packs:
    """Judges resources and stacks. Every method may be called from any thread and raises `PolicyPackError`."""

    def __init__(self, packs: Sequence[_Pack]):
        self._packs = packs

    @property
    def infos(self) -> tuple[PackInfo, ...]:
        """The packs in force."""
        return tuple(pack.analyzer.info for pack in self._packs)

    def remediate(self, subject: Subject) -> Remedied:
        """The resource's inputs as the packs would have them, one pack after the other."""
        result = Remedied(subject.resource.inputs)
        for pack in self._packs:
            found: list[pb.Remediation] = []
            # Asking costs time, and a pack without remediations has but one answer.
            if pack.named(stack=False, levels=frozenset({Level.REMEDIATE})):
                request = analyze_request(subject, result.inputs, private=True)
                found = pack.analyzer.remediate(request)
                for item in found:
                    result = _remedied(result, item, pack.analyzer.info, subject.resource.urn)
            tally = pack.tally(item.policyName for item in found)
            result = replace(result, tallies=(*result.tallies, tally))
        return result

    def analyze(self, subject: Subject, inputs: PropertyMap) -> Judged:
        """What is against the resource with these inputs, pack by pack."""
        asked = [bool(pack.named(stack=False)) for pack in self._packs]
        request = analyze_request(subject, inputs) if any(asked) else pb.AnalyzeRequest()
        return self._judged(asked, lambda analyzer: analyzer.analyze(request), stack=False)

    def analyze_stack(self, subjects: Sequence[Subject]) -> Judged:
        """What is against the stack as a whole, pack by pack."""
        asked = [bool(pack.named(stack=True)) for pack in self._packs]
        request = stack_request(subjects) if any(asked) else pb.AnalyzeStackRequest()
        return self._judged(asked, lambda analyzer: analyzer.analyze_stack(request), stack=True)

    def _judged(self, asked: Sequence[bool], ask: Callable[[Analyzer], Answer], *, stack: bool) -> Judged:
        """Every pack's answer, in the order of the packs; they are asked at the same time, and those that have no
        policy of the kind not at all."""

        def answer(pack: _Pack, wanted: bool) -> Answer:
            return ask(pack.analyzer) if wanted else Answer()

        if sum(asked) > 1:
            with ThreadPoolExecutor(sum(asked)) as threads:
                answers = list(threads.map(answer, self._packs, asked))
        else:
            answers = list(map(answer, self._packs, asked))
        tallies = (
            pack.tally((item.policy for item in answer.violations), answer.silent, stack=stack)
            for pack, answer in zip(self._packs, answers, strict=True)
        )
        return Judged(tuple(item for answer in answers for item in answer.violations), tuple(tallies))


def _configured(analyzer: Analyzer, given: SettingsMap) -> _Pack:
    settings = effective(analyzer.policies, analyzer.initial, given)
    found = problems(analyzer.policies, settings)
    if found:
        lines = "".join(f"\n  {problem}" for problem in found)
        raise PolicyPackError(f"the configuration of policy pack '{analyzer.info.name}' is not valid:{lines}")
    analyzer.configure(settings)
    return _Pack(analyzer, settings)


def _remedied(before: Remedied, item: pb.Remediation, info: PackInfo, urn: str) -> Remedied:
    if item.diagnostic:
        notice = Violation(
            item.policyName,
            item.policyPackName,
            info.version,
            item.description,
            f"{item.description}\n{item.diagnostic}",
            Level.ADVISORY,
            urn,
        )
        return replace(before, violations=(*before.violations, notice))
    after = from_struct(item.properties)
    change = Remediation(
        item.policyName, item.policyPackName, info.version, item.description, urn, before.inputs, after
    )
    return replace(before, inputs=after, remediations=(*before.remediations, change))
