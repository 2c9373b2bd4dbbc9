"""docs/policies.md: the rules, what they look at, and the bounds of each environment."""

from __future__ import annotations

import json

from policies import environments, pack
from policies.rule import Rule


def page() -> str:
    rules = "\n".join(_row(rule) for rule in pack.RULES)
    names = list(environments.ENVIRONMENTS)
    return f"""# Policies

The rules of `policies/`, a Pulumi policy pack that knows manifests and not the code that made them. Made from the
pack by `make docs`.

```
pulumi preview --policy-pack policies        # what would be refused, before anything happens
pulumi up --policy-pack policies             # the same, and nothing that is refused is touched
```

The driver runs every step forward with the pack where the environment's settings say so (`driver.policies`: staging
and prod). A refusal halts the release with `Halt podinfo.test advancement policy NAME: MESSAGE`; traffic stays where
it is, and the step is tried again. Steps towards primary run without the pack: no rule can hold up a rollback.

| rule | says | looks at | configuration |
| --- | --- | --- | --- |
{rules}

All rules are mandatory. An environment's name is the first part of the stack's name; one that is not listed below is
judged as prod is.

## Bounds of the environments

| rule | bound | {" | ".join(names)} |
| --- | --- | {" | ".join("---:" for _ in names)} |
{_bounds(names)}

Rules that do not apply: {_without(names)}.

A configuration file goes before these bounds, and may change how a rule is enforced:

```json
{{
  "canary-bounds": {{ "maxWeight": 80 }},
  "containers-probed": "advisory"
}}
```

`pulumi preview --policy-pack policies --policy-pack-config bounds.json`; for the driver, name the file in
`driver.policy_config`.

## How a weight is earned

The generated route carries the grounds of its weights as an annotation, `sluice.delivery/evidence`: the split before
and after, every check with its value and bounds, the steps that the Canary declares, and when it was measured.
`canary-promotion` reads nothing else. It computes anew whether each value lies within its bounds, whether the rise is
a declared step and no larger than the environment allows, and how old the measurement is. So a weight that somebody
writes by hand, a copied annotation of another step, or one that says `passed` beside a value that did not, is refused
before the route is touched. Weight 0 always passes. A Rollout earns a weight by the step that it completed before, and
by analyses none of which has failed: their conditions are not numbers that could be computed anew.
"""


def _row(rule: Rule) -> str:
    looks_at = ", ".join(sorted(token.rsplit(":", 1)[-1] for token in rule.types))
    config = ", ".join(f"`{name}`" for name in rule.schema) or "none"
    return f"| `{rule.name}` | {rule.description} | {looks_at} | {config} |"


def _bounds(names: list[str]) -> str:
    rows = []
    for rule in pack.RULES:
        for bound in rule.schema:
            values = [environments.ENVIRONMENTS[name].bounds[rule.name][bound] for name in names]
            rows.append(
                f"| `{rule.name}` | `{bound}` | {' | '.join(json.dumps(value) for value in values)} |"
            )
    return "\n".join(rows)


def _without(names: list[str]) -> str:
    left_out = {name: sorted(environments.ENVIRONMENTS[name].without) for name in names}
    return "; ".join(
        f"{name}: {', '.join(f'`{rule}`' for rule in rules)}" for name, rules in left_out.items() if rules
    )
