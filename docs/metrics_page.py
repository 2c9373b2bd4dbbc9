"""docs/metrics.md: whom a MetricTemplate may ask, what it has to say for that, and which number of an answer counts."""

from __future__ import annotations

import inspect

from automation.questions.metrics.analysts import ANALYSTS
from automation.questions.metrics.needs import NAMED, Needs
from automation.questions.metrics.providers import PROVIDERS


def page() -> str:
    return f"""# Metrics

Made from `automation/questions/metrics/` by `make docs`. A check of a Canary asks for one number each time; it is
judged by `thresholdRange`. Without a `templateRef` it asks Prometheus: the driver's, or that of `spec.metricsServer`.
With one it asks the provider of a MetricTemplate:

```yaml
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {{name: errors, namespace: shop}}
spec:
  provider:
    type: datadog
    address: https://api.datadoghq.eu   # another than the provider's own
    region: eu-central-1                # cloudwatch
    headers: {{X-Scope-OrgID: [shop]}}    # of every request, but those to cloudwatch
    secretRef: {{name: datadog}}          # a Secret of the template's namespace
    insecureSkipVerify: true            # its certificate is not checked
  query: avg:shop.errors{{service:{{{{ target }}}}}}.as_rate()
```

`sluice check` names what a template lacks, and the keys that a Secret among the documents has not.

| `type` | asks | `address` | keys of its Secret |
| --- | --- | --- | --- |
{_rows()}

`web` is not one of Flagger's. A key in brackets may be absent. Keys without brackets have to be there where a Secret
is named, and a Secret has to be named where the table says so.

## Which number counts

{_notes()}

## Metrics of analyses

What a metric of an AnalysisTemplate measures is any value that its conditions can be asked of. Beside Prometheus, the
web and Jobs it may ask:

| `provider` | its Secret | with the keys |
| --- | --- | --- |
{_analysts()}

The Secret is one of the Rollout's namespace, and has this name unless `secretRef.name` (datadog) or `profile` says
otherwise; `sluice check` names the keys that one among the documents lacks. Further keys: `address` of Datadog's,
`region` (us or eu) and `base-url-nerdgraph` of New Relic's. Keys of Wavefront's are addresses, their values tokens.
CloudWatch is asked with the driver's own keys, in the region of `AWS_REGION`.

{_measured()}

## No number, and no answer

- An answer without a number, or with NaN, is no data: a failed check in a run whose traffic had time to come, as
  `Halt advancement no values found for custom metric: …`. So is a built-in check with fewer requests within its
  interval than its `minRequests`. With `spec.analysis.noTraffic: wait` the tick waits for data, for as long as it
  takes, and says so.
- An error, an answer that is none of the provider's, a redirect, one of more than 4 MiB: the check fails with
  `Metric query failed for …`, the provider, the template, the provider's own sentence and what to do.
- Nobody there, no answer in time, too many requests (429), or a gateway that answers for somebody else (502, 503,
  504): the tick waits, until `progressDeadlineSeconds` have passed.

After `threshold` failed checks the run is rolled back. With `spec.analysis.onFailure: freeze` it stops instead, with
the traffic where it is; with `freezeAtZero` users go back to primary, and the pods stay to be looked at. Nothing is
judged any more then: a new revision, `sluice abort` or a `rollback` hook that passes ends it, and
`sluice promote --now` lets it through. While people have yet to decide, that is said every ten minutes, and
`sluice release` waits, for as long as its `--timeout`. Both fields are none of Flagger's.

Redirects are not followed, as credentials would go along. An exchange takes 5 s at most, with InfluxDB 15 s. A check
of Prometheus counts once its samples are newer than the step. The answers of the others don't say how old they are in
a way that all queries keep, and count as of the moment of the question: where a query names a window of its own, let it
be no longer than the interval of the analysis.
"""


def _rows() -> str:
    return "\n".join(
        f"| `{name}` | {_told(name)[0]} | {_address(made.needs)} | {_keys(made.needs)} |"
        for name, made in sorted(PROVIDERS.items())
    )


def _told(name: str) -> tuple[str, str]:
    """What its file says of itself: the first sentence, and what stands below it."""
    first, _, rest = (inspect.getdoc(inspect.getmodule(PROVIDERS[name])) or "").partition("\n\n")
    return " ".join(first.split()).rstrip("."), rest


def _address(needs: Needs) -> str:
    if needs.address == NAMED:
        return "has to be given"
    return f"`{needs.address}`" if needs.address else needs.implied


def _keys(needs: Needs) -> str:
    keys = ", ".join([*(f"`{key}`" for key in needs.keys), *(f"[`{key}`]" for key in needs.also)])
    return f"{keys}; has to be named" if needs.secret else keys


def _analysts() -> str:
    return "\n".join(
        f"| `{name}` | {f'`{one.secret}`' if one.secret else 'none'} | {', '.join(f'`{key}`' for key in one.keys)} |"
        for name, one in ANALYSTS.items()
    )


def _measured() -> str:
    return "\n\n".join(f"**{name}.**\n{inspect.getdoc(one.take)}" for name, one in ANALYSTS.items())


def _notes() -> str:
    return "\n\n".join(_note(name, made) for name, made in sorted(PROVIDERS.items()))


def _note(name: str, made: type) -> str:
    _, rest = _told(name)
    return "\n".join(filter(None, (f"**{name}.**", rest, inspect.getdoc(made))))
