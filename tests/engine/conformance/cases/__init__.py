"""All cases. A file a subject."""

from tests.engine.conformance.cases import basics, failures, options, owners, packs, refresh, stacks

CASES = (
    *basics.CASES,
    *options.CASES,
    *failures.CASES,
    *refresh.CASES,
    *stacks.CASES,
    *packs.CASES,
    *owners.CASES,
)
