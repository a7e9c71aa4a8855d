"""Check: nothing in a sample harms whoever runs it; and where a protection is switched off.

Harm is what nobody writes by the way: reverse shells, programs fetched and run unseen, whole disks
removed, fork bombs, miners, hidden code that is decoded and run, data sent to a stranger's box,
files encrypted one after another. In the target it drops the sample; in the context alone it marks
it, for then the person did not write it there and then.

Switching a protection off (certificates not verified, a shell given a string, unsafe loading) is
weak, not harmful: it marks a target, with a lower quality.

Left out: what a program does as a whole; single calls say too little (`os.remove`, `subprocess`).

Rules
 - A rule is (name, languages, words, pattern): a line near one of the words is looked at, and no
   more than `REACH_CHARS` from where a pattern begins. Patterns do not begin with a repetition.
 - A list of patterns such as this one, or a document about them, will be dropped. So be it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.harm import RULES, Rule
from echo_core.judging.checks.scan import CASE_CHARS_MAX, Hit, Scan, TooMuchError, merged
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "malicious"
VERSION: Final = 1
SPANS_MAX: Final = 20
QUALITY_UNPROTECTED: Final = 0.6
QUALITY_BESIDE: Final = 0.5  # harm in the context alone
LEAD_CHARS: Final = 120  # before a word, from which a pattern may begin
REACH_CHARS: Final = 600


def judge(case: Case) -> Verdict:
    """Whether `case` does no harm."""
    if len(case.whole) > CASE_CHARS_MAX:
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.TOO_LARGE, quality=0.0)
    try:
        hits = merged(_hits(Scan(case.whole), case))
    except (TooMuchError, TimeoutError):
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.CRASHED, quality=0.0)
    written = [hit for hit in hits if hit.start < case.end and hit.end > case.start]
    harm = [hit for hit in written if hit.cause is Cause.MALICIOUS]
    beside = [hit for hit in hits if hit.cause is Cause.MALICIOUS]
    if harm:
        return _verdict(Finding.DROPPED, Cause.MALICIOUS, harm, 0.0)
    if beside:
        return _verdict(Finding.MARKED, Cause.MALICIOUS, beside, QUALITY_BESIDE)
    if written:
        return _verdict(Finding.MARKED, Cause.UNPROTECTED, written, QUALITY_UNPROTECTED)
    return Verdict(NAME, VERSION, Finding.PASSED)


def _verdict(finding: Finding, cause: Cause, hits: list[Hit], quality: float) -> Verdict:
    spans = tuple((hit.start, hit.end) for hit in hits[:SPANS_MAX])
    facts = tuple(sorted(Counter(hit.rule for hit in hits).items()))
    return Verdict(NAME, VERSION, finding, cause, spans, quality, facts)


def _hits(scan: Scan, case: Case) -> Iterator[Hit]:
    for rule in RULES:
        if not rule.languages or case.language in rule.languages:
            yield from _by(rule, scan)


def _by(rule: Rule, scan: Scan) -> Iterator[Hit]:
    for start, end in _stretches(rule, scan):
        for found in scan.each(rule.pattern, REACH_CHARS, start, end):
            yield Hit(rule.cause, rule.name, found.start(), found.end())


def _stretches(rule: Rule, scan: Scan) -> list[tuple[int, int]]:
    """What is looked at for a rule: around its words, each character once."""
    found: list[tuple[int, int]] = []
    for at in sorted({at for word in rule.words for at in scan.places_folded(word)}):
        start, end = max(0, at - LEAD_CHARS), min(len(scan.text), at + REACH_CHARS)
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found
