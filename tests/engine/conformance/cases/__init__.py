"""All cases. A file a subject."""

from tests.engine.conformance.cases import (
    basics,
    commands,
    configs,
    failures,
    inquiries,
    kinds,
    options,
    outputs,
    owners,
    packs,
    protected,
    refresh,
    shapes,
    stacks,
    values,
)

CASES = (
    *basics.CASES,
    *options.CASES,
    *failures.CASES,
    *refresh.CASES,
    *stacks.CASES,
    *packs.CASES,
    *owners.CASES,
    *kinds.CASES,
    *commands.CASES,
    *values.CASES,
    *inquiries.CASES,
    *protected.CASES,
    *shapes.CASES,
    *configs.CASES,
    *outputs.CASES,
)
