"""Check: nothing in a sample says who somebody is; what does so in prose of the context is hidden.

Exact names of this machine and its people, e-mail, addresses, telephones, cards, accounts. In the
*target* any of them drops the sample: a target is never changed. In comments and strings of the
*context* they are replaced by typed placeholders (`redact`), before anything else sees the case.
In the context's code they cannot be replaced without making another program of it, so there they
drop the sample too; but for a login or one part of a name, which in code is a word of the program
(`from rich import …` by somebody called rich).

Left out: names of others than this machine's people: a recogniser of names would have to guess.

Rules
 - `prose` holds the spans of comments and strings; None where nobody can tell, and then all is
   prose. Redacting changes no line: placeholders hold no line ends, and hits none either.
 - What is hidden is hidden once: redacting what was redacted changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.persons import names as local_names
from echo_core.judging.checks.persons import network, numbers, places
from echo_core.judging.checks.persons.kinds import Kind
from echo_core.judging.checks.persons.names import LocalNames
from echo_core.judging.checks.scan import CASE_CHARS_MAX, Scan, TooMuchError
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "personal"
VERSION: Final = 1
SPANS_MAX: Final = 20
ROUNDS_MAX: Final = 4  # a placeholder may set free what stood beside it; once is the rule

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data of a kind, at a place of a case's whole text."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """A case whose context hides what it can; spans are of its `whole`."""

    case: Case
    prose: tuple[tuple[int, int], ...] | None  # comments and strings, where they stand now
    replaced: tuple[tuple[int, int, Kind], ...]  # the placeholders, and what they stand for


def judge(case: Case, prose: Spans | None, names: LocalNames) -> Verdict:
    """Whether nothing personal is in `case`, whose context was redacted."""
    if len(case.whole) > CASE_CHARS_MAX:
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.TOO_LARGE, quality=0.0)
    spans = None if prose is None else _joined(prose)
    try:
        found = [each for each in found_in(case, names) if _drops(each, case, spans)]
    except (TooMuchError, TimeoutError):
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.CRASHED, quality=0.0)
    if not found:
        return Verdict(NAME, VERSION, Finding.PASSED)
    worst = next((each for each in found if _touches(each, case)), found[0])
    return Verdict(
        NAME,
        VERSION,
        Finding.DROPPED,
        worst.kind.cause,
        tuple((each.start, each.end) for each in found[:SPANS_MAX]),
        0.0,
        tuple(sorted(Counter(each.kind.name.lower() for each in found).items())),
    )


def found_in(case: Case, names: LocalNames) -> tuple[Found, ...]:
    """All that is personal in a case, in the order of the text, each stretch once.

    Raises:
        TooMuchError: the text is made to be expensive.
        TimeoutError: a match took longer than any does.
    """
    kept: list[Found] = []
    for each in sorted(_found(Scan(case.whole), names), key=lambda each: (each.start, -each.end)):
        if kept and each.start < kept[-1].end:
            last = kept[-1]
            kept[-1] = replace(last, end=max(last.end, each.end))
        else:
            kept.append(each)
    return tuple(kept)


def redact(case: Case, prose: Spans | None, names: LocalNames) -> Redaction:
    """`case` with placeholders for what is personal in the comments and strings of its context.

    Raises:
        TooMuchError: the text is too long, or made to be expensive.
        TimeoutError: a match took longer than any does.
    """
    if len(case.whole) > CASE_CHARS_MAX:
        raise TooMuchError
    spans = None if prose is None else _joined(prose)
    replaced: list[tuple[int, int, Kind]] = []
    for _ in range(ROUNDS_MAX):
        hidden = [each for each in found_in(case, names) if _is_hidden(each, case, spans)]
        if not hidden:
            break
        if spans is not None:
            spans = tuple((_moved(start, hidden), _moved(end, hidden)) for start, end in spans)
        replaced = [
            (_moved(start, hidden), _moved(end, hidden), kind) for start, end, kind in replaced
        ]
        for each in hidden:
            start = _moved(each.start, hidden)
            replaced.append((start, start + len(each.kind.placeholder), each.kind))
        case = replace(
            case,
            prefix=_hiding(case.prefix, 0, hidden),
            suffix=_hiding(case.suffix, case.end, hidden),
        )
    return Redaction(case, spans, tuple(sorted(replaced)))


def _found(scan: Scan, names: LocalNames) -> Iterator[Found]:
    for kind, start, end in local_names.find(scan, names):
        yield Found(kind, start, end)
    for source in (network, numbers, places):
        for kind, start, end in source.find(scan):
            yield Found(kind, start, end)


def _drops(found: Found, case: Case, spans: Spans | None) -> bool:
    if _touches(found, case):
        return True
    return not found.kind.prose_only or _within(found, spans)


def _is_hidden(found: Found, case: Case, spans: Spans | None) -> bool:
    return not _touches(found, case) and _within(found, spans)


def _touches(found: Found, case: Case) -> bool:
    """Whether any of it is in the target, or the cursor is within it."""
    return found.start < case.end and found.end > case.start


def _within(found: Found, spans: Spans | None) -> bool:
    """Whether all of it is in one comment or string."""
    if spans is None:
        return True
    at = bisect_right(spans, found.start, key=lambda span: span[0]) - 1
    return at >= 0 and found.end <= spans[at][1]


def _joined(spans: Spans) -> tuple[tuple[int, int], ...]:
    """The same spans in order, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _moved(at: int, hidden: Sequence[Found]) -> int:
    """Where `at` is when `hidden` have been replaced. No place within one of them is asked for."""
    return at + sum(
        len(each.kind.placeholder) - (each.end - each.start) for each in hidden if each.end <= at
    )


def _hiding(text: str, start: int, hidden: Sequence[Found]) -> str:
    """`text`, a part of the whole that begins at `start`, with placeholders."""
    pieces: list[str] = []
    at = 0
    for each in hidden:
        if start <= each.start and each.end <= start + len(text):
            pieces += [text[at : each.start - start], each.kind.placeholder]
            at = each.end - start
    return "".join((*pieces, text[at:]))
