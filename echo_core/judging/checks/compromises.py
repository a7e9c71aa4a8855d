"""Code that its author would not have written with more time: kept, but worth less.

The paper (6.4) wants what was kept to be the best answer and not a temporary compromise. What is
seen here says that it may be one: it lowers the quality of a sample and silences nothing.

Left out: parsing (`particulars`).

Rules
 - A handler that says why it does nothing, in a comment, swallows nothing.
 - Several compromises multiply; the cause is that of the worst.
"""

from __future__ import annotations

import re
from math import prod
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.particulars import Comment, Particulars
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "compromises"
VERSION: Final = 1

# A factor for each class, however often it comes: from "not what was wanted" to "a habit".
QUALITY: Final = {
    Cause.TODO_RETURN: 0.4,
    Cause.COMMENTED_OUT: 0.5,
    Cause.SWALLOWED_EXCEPTION: 0.6,
    Cause.WORKAROUND: 0.8,
}
_LATER = re.compile(
    r"\b(?:T[O]DO|FIX[M]E|X[X]X|TBD)\b|(?i:\b(?:to be )?implement(?:ed)? (?:me|later|this)\b)"
)
_STUB = re.compile(
    r"[\s{]*(?:pass|\.\.\.|continue;?|return(?:[ \t]+(?:None|null|nil|undefined|0|-1|False|false"
    r"|True|true|\"\"|''|\{\s*\}|\[\s*\]|\(\s*\)|Ok\(\(\)\)|Default::default\(\)))?[ \t]*;?"
    r"|raise NotImplementedError\b.*|throw new \w*(?:Error|Exception)\(.*)[ \t]*(?=[\r\n]|$)"
)
_PUT_OFF = re.compile(r"\b(?:todo|unimplemented)!\s*\(")
_WORKAROUND = re.compile(
    r"\b(?:hack|hacky|hackish|kludge|ugly|quick[- ]fix|temporary (?:fix|hack|solution)"
    r"|work-?around)\b",
    re.IGNORECASE,
)


def judge(case: Case, facts: Particulars) -> Verdict:
    """How much of a compromise the target is."""
    if not facts.read and case.target.strip():
        return Verdict(NAME, VERSION, Finding.UNCHECKED, Cause.LANGUAGE_UNKNOWN)
    found = _found(case.target, facts)
    if not found:
        return Verdict(NAME, VERSION, Finding.PASSED)
    causes = sorted({cause for cause, _, _ in found}, key=lambda cause: QUALITY[cause])
    spans = tuple(sorted({(case.start + start, case.start + end) for _, start, end in found}))
    counted = tuple((cause.value, sum(cause is one for one, _, _ in found)) for cause in causes)
    quality = prod(QUALITY[cause] for cause in causes)
    return Verdict(NAME, VERSION, Finding.MARKED, causes[0], spans, quality, counted)


def _found(target: str, facts: Particulars) -> list[tuple[Cause, int, int]]:
    code = facts.code(target)
    found = [(Cause.SWALLOWED_EXCEPTION, one.start, one.end) for one in facts.handlers]
    found += [(Cause.TODO_RETURN, one.start(), one.end()) for one in _PUT_OFF.finditer(code)]
    for comment in facts.comments:
        cause = _of_comment(comment, target[comment.end :])
        if cause is not None:
            found.append((cause, comment.start, comment.end))
    return found


def _of_comment(comment: Comment, behind: str) -> Cause | None:
    if _LATER.search(comment.text) and _STUB.match(behind):
        return Cause.TODO_RETURN
    if comment.code:
        return Cause.COMMENTED_OUT
    return Cause.WORKAROUND if _WORKAROUND.search(comment.text) else None
