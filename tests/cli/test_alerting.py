"""Who hears of releases, as documents, settings and options say it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from automation.core.alerts import Severity, Subscription
from automation.core.kinds import Manifest
from automation.errors import DocumentRefused
from cli.app import sluice
from cli.assembly import subscriptions
from cli.check import check
from stacks.settings import AlertSettings, DriverSettings
from tests.core.documents import alert_provider, document


def test_the_settings_name_who_is_alerted() -> None:
    named = AlertSettings(provider="on-call", namespace="ops", severity=Severity.ERROR)
    assert subscriptions(DriverSettings(alerts=(named,))) == (Subscription("on-call", "ops", Severity.ERROR),)
    assert subscriptions(DriverSettings()) == ()


@pytest.mark.parametrize("by", ["option", "variable"])
@pytest.mark.parametrize("verb", [["run"], ["release", "podinfo"]], ids=["run", "release"])
def test_an_address_that_there_can_not_be_is_told_without_it(by: str, verb: list[str]) -> None:
    given = ["--event-webhook", "hooks/s3cr3t"] if by == "option" else []
    variables = {} if given else {"EVENT_WEBHOOK_URL": "hooks/s3cr3t"}
    done = CliRunner().invoke(sluice, [*verb, "--env", "dev", *given], env=variables)
    assert done.exit_code == 2
    assert "that is not a web address" in done.output
    assert "s3cr3t" not in done.output


ALERTED = {"spec.analysis.alerts": [{"name": "a", "providerRef": {"name": "on-call", "namespace": "ops"}}]}
KEYLESS = {"kind": "Secret", "metadata": {"name": "s", "namespace": "ops"}, "stringData": {"token": "t"}}


@pytest.mark.parametrize(
    ("others", "told"),
    [
        (
            [],
            "so not looked at: Deployment podinfo, ApisixRoute podinfo, AlertProvider on-call",
        ),
        (
            [alert_provider(type="slak", address="https://x.org")],
            "AlertProvider on-call.ops: spec.type: 'slak' is not known",
        ),
        (
            [alert_provider(type="slak", address="https://x.org")],
            "spec.analysis.alerts: AlertProvider on-call.ops can't work; mend it in",
        ),
        (
            [alert_provider(secretRef={"name": "s"}), KEYLESS],
            "AlertProvider on-call.ops: spec.secretRef: Secret s has no key address; add it",
        ),
    ],
    ids=["none", "one that is refused", "and who needs it", "one whose Secret lacks its address"],
)
def test_who_is_alerted_is_looked_at(tmp_path: Path, others: list[Manifest], told: str) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump_all([document(ALERTED), *others]))
    done = CliRunner().invoke(check, [str(path)])
    assert told in f"{done.output}{done.exception}"
    assert isinstance(done.exception, DocumentRefused) is bool(others)
