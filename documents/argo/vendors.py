"""Reads what the metrics of an AnalysisTemplate ask of vendors: a reader for each, by its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from documents.argo.analysis import is_argument
from documents.section import Section

_AGGREGATORS = ("", "avg", "min", "max", "sum", "last", "percentile", "mean", "l2norm", "area")


def _duration(section: Section, field: str) -> None:
    if not is_argument(section.raw(field)):
        section.seconds(field, 1.0, least=0.001)


def _datadog(section: Section) -> None:
    query, formula = section.text("query"), section.text("formula")
    queries = section.texts_by_name("queries")
    version = section.text("apiVersion", "v1", choices=("v1", "v2"))
    section.text("aggregator", choices=_AGGREGATORS)
    for field in ("interval", "requestTimeout"):
        _duration(section, field)
    secret = section.section("secretRef")
    if secret.flag("namespaced"):
        secret.text("name", required=True)
    secret.allow("name")
    secret.close()
    section.close()
    if bool(query) == bool(queries):
        found = "is there beside query" if query else "is missing, and so is query"
        section.refuse("queries", found, "give one of them")
    if version == "v1":
        for field in (field for field in ("queries", "formula", "aggregator") if section.fields.get(field)):
            section.refuse(field, "is only of version 2", "set apiVersion to v2, or leave it out")
    elif formula and not queries:
        section.refuse("formula", "has no queries to rest on", "give queries, or leave it out")
    elif len(queries) > 1 and not formula:
        section.refuse(
            "formula", "is missing, so which of the queries counts?", "say how they make one number"
        )


def _profiled(section: Section) -> None:
    section.text("profile")
    section.text("query", required=True)
    section.close()


def _new_relic(section: Section) -> None:
    section.whole("timeout")
    _profiled(section)


def _addressed(section: Section) -> None:
    section.text("address", required=True)
    section.text("query", required=True)
    section.close()


def _cloudwatch(section: Section) -> None:
    _duration(section, "interval")
    queries = section.sections("metricDataQueries")
    for query in queries:
        query.text("id", required=True)
        query.allow("expression", "label", "metricStat", "period", "returnData")
        query.close()
        if ("expression" in query) == ("metricStat" in query):
            problem = (
                "is there beside expression" if "metricStat" in query else "is missing, and so is expression"
            )
            query.refuse("metricStat", problem, "give one of them")
    section.close()
    if not queries:
        section.refuse("metricDataQueries", "is missing, so nothing is asked", "list at least one query")


READERS: Mapping[str, Callable[[Section], None]] = {
    "cloudWatch": _cloudwatch,
    "datadog": _datadog,
    "graphite": _addressed,
    "influxdb": _profiled,
    "newRelic": _new_relic,
    "wavefront": _addressed,
}
