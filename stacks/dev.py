"""dev: for trying things. A run takes a minute: steps every two seconds, a sample every second."""

from stacks.settings import (
    DriverSettings,
    PaceSettings,
    PlatformSettings,
    PrometheusSettings,
    ReleaseSettings,
    Settings,
)

SETTINGS = Settings(
    environment="dev",
    platform=PlatformSettings(prometheus=PrometheusSettings(scrape_interval="1s")),
    pace=PaceSettings(interval="2s"),
    releases=(
        ReleaseSettings(
            namespace="test",
            name="podinfo",
            documents=(
                "examples/apisix/podinfo.yaml",
                "examples/apisix/podinfo-apisixroute.yaml",
                "examples/apisix/podinfo-canary.yaml",
            ),
        ),
    ),
    driver=DriverSettings(policies=False),
)
