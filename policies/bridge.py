"""Rules as Pulumi policies: the only place that knows `pulumi_policy`."""

from __future__ import annotations

from datetime import UTC, datetime

from pulumi_policy import (
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from policies import environments
from policies.rule import Rule, Subject


def policy(rule: Rule) -> ResourceValidationPolicy:
    """The rule as a policy of each single resource, judged before the resource is touched."""

    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if args.resource_type not in rule.types:
            return
        stack = stack_of(args.urn)
        environment = environments.of(stack)
        if rule.name in environment.without:
            return
        config = {**environment.bounds.get(rule.name, {}), **args.get_config()}
        for finding in rule.check(Subject(args.resource_type, args.props, config, datetime.now(UTC), stack)):
            report_violation(str(finding))

    schema = (
        PolicyConfigSchema({name: dict(property) for name, property in rule.schema.items()})
        if rule.schema
        else None
    )
    return ResourceValidationPolicy(rule.name, rule.description, validate, config_schema=schema)


def stack_of(urn: str) -> str:
    """The stack in `urn:pulumi:STACK::PROJECT::TYPE::NAME`.

    `pulumi.get_stack()` does not know it where the engine starts the pack through Pulumi's language host.
    """
    return urn.removeprefix("urn:pulumi:").partition("::")[0]
