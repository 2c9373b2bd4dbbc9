"""dev: for trying things. A run takes a minute: steps every two seconds, a sample every second."""

from stacks.settings import (
    DriverSettings,
    GatewaySettings,
    PaceSettings,
    PlatformSettings,
    PrometheusSettings,
    ReleaseSettings,
    Settings,
)

SETTINGS = Settings(
    environment="dev",
    platform=PlatformSettings(
        # A lab's ingress controller carries its configuration itself.
        gateway=GatewaySettings(synchroniser_image=None),
        prometheus=PrometheusSettings(scrape_interval="1s"),
    ),
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
