"""prod: several gateway pods, samples that survive a restart, and documents that probably can't work are refused."""

from stacks.settings import (
    DriverSettings,
    GatewaySettings,
    PlatformSettings,
    PrometheusSettings,
    ReleaseSettings,
    Settings,
)

SETTINGS = Settings(
    environment="prod",
    platform=PlatformSettings(
        gateway=GatewaySettings(replicas=2, service_type="LoadBalancer"),
        prometheus=PrometheusSettings(scrape_interval="5s", retention="15d", storage="20Gi"),
    ),
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
    driver=DriverSettings(strict=True),
)
