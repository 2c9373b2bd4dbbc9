"""The pack as a process. Constructing a PolicyPack serves it and does not return, so it stands here alone."""

from pulumi_policy import EnforcementLevel, PolicyPack

from policies import bridge, pack

PolicyPack(
    name="sluice",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[bridge.policy(rule) for rule in pack.RULES],
)
