"""staging: the pace and the gates of production, on a smaller scale."""

from stacks.settings import PlatformSettings, PrometheusSettings, ReleaseSettings, Settings

SETTINGS = Settings(
    environment="staging",
    platform=PlatformSettings(prometheus=PrometheusSettings(scrape_interval="5s", retention="1d")),
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
)
