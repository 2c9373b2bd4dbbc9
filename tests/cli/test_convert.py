"""`sluice convert`: what is written can be checked, and what has no equal stands on standard error and in a comment."""

from __future__ import annotations

from pathlib import Path

import yaml
from click.testing import CliRunner, Result

from automation.errors import DocumentRefused
from cli.check import check
from cli.convert import convert
from tests.cli.test_check_argo import release
from tests.components import documents


def written(path: Path, *parts: object) -> str:
    path.write_text(yaml.safe_dump_all(parts))
    return str(path)


def run(*names: str) -> Result:
    return CliRunner().invoke(convert, names)


def test_a_rollout_is_written_as_a_canary_that_passes_the_check(tmp_path: Path) -> None:
    parts = release()
    done = run(written(tmp_path / "demo.yaml", *parts.values()))
    assert done.exit_code == 0
    kinds = [one["kind"] for one in yaml.safe_load_all(done.stdout)]
    assert kinds == ["Deployment", "MetricTemplate", "Canary"]
    surroundings = written(tmp_path / "around.yaml", parts["source"], parts["stable"])
    checked = CliRunner().invoke(check, ["-", surroundings], input=done.stdout)
    assert checked.output == (
        "standard input[3]: Canary canary-demo.default can work; it round-trips through Flagger\n"
    )


def test_what_has_no_equal_is_told_beside_and_before_the_document(tmp_path: Path) -> None:
    path = written(tmp_path / "demo.yaml", *release().values())
    done = run(path)
    told = "spec.strategy.canary.analysis.startingStep: 2 has no equal: a Canary is checked from its first step on"
    assert done.stderr.splitlines()[0] == f"{path}[1]: {told}"
    assert done.stdout.splitlines()[0] == f"# {told}"


def test_strict_writes_nothing_where_something_has_no_equal(tmp_path: Path) -> None:
    done = run("--strict", written(tmp_path / "demo.yaml", *release().values()))
    assert isinstance(done.exception, DocumentRefused)
    assert (done.stdout, "has no equal" in done.exception.problem) == ("", True)


def test_a_canary_is_written_as_a_rollout_that_passes_the_check(tmp_path: Path) -> None:
    canary, target = documents.canary_document(), documents.target()
    done = run(written(tmp_path / "podinfo.yaml", canary, target, documents.autoscaler()))
    assert done.exit_code == 0
    kinds = [one["kind"] for one in yaml.safe_load_all(done.stdout)]
    assert kinds == ["Service", "Service", "AnalysisTemplate", "Rollout"]
    checked = CliRunner().invoke(check, ["-"], input=done.stdout)
    assert "Rollout podinfo.test: can be released (sluice run)" in checked.output
    assert checked.exit_code == 0
    assert "&id" not in done.stdout


def test_a_rollout_without_its_service_is_refused_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path / "demo.yaml", *release(stable=None).values())
    done = run(path)
    assert isinstance(done.exception, DocumentRefused)
    field = "spec.strategy.canary.stableService"
    assert done.exception.problem == (
        f"{path}[1]: Rollout canary-demo.default: {field}: Service canary-demo is not there, so its port is not known; "
        "give its file, too"
    )


def test_a_canary_of_a_daemon_set_has_no_rollout_that_is_like_it(tmp_path: Path) -> None:
    daemons = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "podinfo"}
    canary = documents.canary_document(targetRef=daemons, autoscalerRef=None)
    done = run(written(tmp_path / "podinfo.yaml", canary, {**documents.target(), "kind": "DaemonSet"}))
    assert isinstance(done.exception, DocumentRefused)
    told = "spec.targetRef.kind: a Rollout has no pods of a DaemonSet; release a Deployment"
    assert done.exception.problem.endswith(told)


def test_files_without_a_release_are_refused(tmp_path: Path) -> None:
    done = run(written(tmp_path / "route.yaml", documents.route()))
    assert isinstance(done.exception, DocumentRefused)
    assert done.exception.problem == "there is neither a Rollout nor a Canary to convert"
