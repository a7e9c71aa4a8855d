"""A document that came under a name nobody told of: which of those that are gone it was.

While an editor is closed a file may be renamed, and nobody says so. What is followed of it would
be lost, and is there: so a new name is compared with the last texts of documents whose files are
gone. A guess, and it says how sure it is.

Left out: which documents are gone, and what their last text was (`echo_daemon.mining.strays`).

Rules
 - Nothing is guessed from a short text, nor where two documents could be meant.
 - What was guessed is never certain: somebody may have copied the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from echo_core.experience.anchors import Matcher

# Different files of one project that are as alike: of 600 of this one none of 180,000 pairs above
# 0.7; of 288 of another 3 of 41,000, versions of one thing that stand side by side. A file that is
# renamed and edited so much that a tenth of it is another begins anew.
LIKENESS_MIN: Final = 0.9
LEAD_MIN: Final = 0.05  # over the next; less is doubt, and versions of one thing are that near
CONFIDENCE_MAX: Final = 0.99
TEXT_CHARS_MIN: Final = 200  # without white space; shorter ones (`__init__.py`) are alike anywhere
DIFFERENT_CHARS_MAX: Final = 16_000  # between what both begin and end with; 3 ms


class Was(NamedTuple):
    """Which document it was."""

    doc: str
    confidence: float  # LIKENESS_MIN to CONFIDENCE_MAX


def recognised(text: str, gone: Mapping[str, str], matcher: Matcher) -> Was | None:
    """Which of the documents that are `gone`, by their last texts, has `text` now."""
    if sum(map(len, text.split())) < TEXT_CHARS_MIN:
        return None
    found = sorted((likeness(before, text, matcher), doc) for doc, before in gone.items())
    if not found or found[-1][0] < LIKENESS_MIN:
        return None
    if len(found) > 1 and found[-1][0] - found[-2][0] < LEAD_MIN:
        return None
    alike, doc = found[-1]
    return Was(doc, min(alike, CONFIDENCE_MAX))


def likeness(one: str, two: str, matcher: Matcher) -> float:
    """How much of both stands in both in the same order, 0 to 1; 0 where it is far from enough."""
    size = len(one) + len(two)
    if one == two:
        return 1.0
    if 2 * min(len(one), len(two)) < LIKENESS_MIN * size:
        return 0.0
    head = _same_beginning(one, two)
    one, two = one[head:], two[head:]
    tail = _same_beginning(one[::-1], two[::-1])
    one, two = one[: len(one) - tail], two[: len(two) - tail]
    if max(len(one), len(two)) > DIFFERENT_CHARS_MAX:
        return 0.0
    return 2 * (head + tail + matcher.common(one, two)) / size


def _same_beginning(one: str, two: str) -> int:
    """How many characters both begin with, by halving: a comparison in C for each step."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
