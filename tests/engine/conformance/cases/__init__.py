"""All cases. A file a subject."""

from tests.engine.conformance.cases import (
    basics,
    commands,
    failures,
    inquiries,
    kinds,
    options,
    owners,
    packs,
    refresh,
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
)
