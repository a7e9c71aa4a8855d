"""Check: no credential stands in a sample. Rules of several kinds, recall before precision.

Left out: the rules (`echo_core.judging.checks.credentials`); the scanner that may be installed
besides (`echo_daemon.scan`).

Rules
 - Prefix, target and suffix are read as one text, so that what spans an edge is found, and a hit
   anywhere drops the sample: all three would leave. Nothing of a credential is ever replaced.
 - What cannot be read to its end, because it is too long or costs too much, is dropped as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.credentials import assigned, forms, keys, randomness
from echo_core.judging.checks.scan import CASE_CHARS_MAX, Hit, Scan, TooMuchError, merged
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "secrets"
VERSION: Final = 1
SPANS_MAX: Final = 20  # of a verdict; a file of credentials is one anyway


def judge(case: Case) -> Verdict:
    """Whether there is no credential in `case`."""
    if len(case.whole) > CASE_CHARS_MAX:
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.TOO_LARGE, quality=0.0)
    try:
        hits = found_in(case)
    except (TooMuchError, TimeoutError):
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.CRASHED, quality=0.0)
    if not hits:
        return Verdict(NAME, VERSION, Finding.PASSED)
    worst = next((hit for hit in hits if hit.end > case.start and hit.start < case.end), hits[0])
    return Verdict(
        NAME,
        VERSION,
        Finding.DROPPED,
        worst.cause,
        tuple((hit.start, hit.end) for hit in hits[:SPANS_MAX]),
        0.0,
        tuple(sorted(Counter(hit.rule for hit in hits).items())),
    )


def found_in(case: Case) -> tuple[Hit, ...]:
    """Every credential of a case, in the order of the text.

    Raises:
        TooMuchError: the text is made to be expensive.
        TimeoutError: a match took longer than any does.
    """
    return merged(_hits(Scan(case.whole), case))


def _hits(scan: Scan, case: Case) -> Iterator[Hit]:
    yield from forms.find(scan)
    yield from keys.find(scan)
    yield from assigned.find(scan, case)
    yield from randomness.find(scan, case)
