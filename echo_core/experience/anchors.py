"""Where a piece of code stands in a text that nobody watched being made.

While a document is open, positions are mapped through every edit. After a restart, a reload from
disk or a commit there is only the new text, and what stood around the piece: this finds it again
by content, says how sure it is, or that it is lost.

Left out: how alike two texts are (`Matcher`; `echo_daemon.mining.matching` is the real one).

Rules
 - What stands there word for word wins over anything similar.
 - Two places that look the same are doubt, and doubt halves the confidence.
 - None means: looked for and not found. A guess below `CONFIDENCE_MIN` is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from echo_core import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

ANCHOR_CHARS = limits.GAP_ANCHOR_CHARS  # of the text on either side that is remembered
CONFIDENCE_MIN = 0.6
ALIKE_MIN = 0.8  # of an anchor that may have been edited since
PLAIN_CHARS = 8  # a shorter piece of code stands anywhere: alone it says nothing
TELLING_CHARS = 96  # a piece of this length stands nowhere else, whatever is around it
PLACES_MAX = 64  # that are compared; a text that repeats itself more often decides nothing
SEAM_CHARS = (32, 16, 8, 5)  # of an anchor's end next to the piece: they say where it ended
SLACK_CHARS = 32  # an alignment ends so far from there, where something was put into the anchor


class Matcher(Protocol):
    """How alike texts are. Pure: the same texts give the same answer, for ever."""

    def common(self, one: str, two: str) -> int:
        """Characters of `one` that stand in `two` in the same order."""
        ...

    def distance(self, one: str, two: str) -> int:
        """The fewest characters to insert, delete and replace that make `two` of `one`."""
        ...

    def best(self, needle: str, text: str, least: float) -> tuple[int, int, float] | None:
        """Where in `text` something most like `needle` stands: start, end, likeness 0 to 1.

        None where nothing is as like as `least`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Anchors:
    """A piece of code and what stood around it; an empty side is the edge of its file."""

    before: str  # at most ANCHOR_CHARS
    target: str
    after: str  # at most ANCHOR_CHARS

    @property
    def whole(self) -> str:
        """The piece with all that stood around it."""
        return self.before + self.target + self.after


class Found(NamedTuple):
    """A place in the text that was searched. `confidence`: CONFIDENCE_MIN to 1."""

    start: int
    end: int
    confidence: float


def find(anchors: Anchors, text: str, matcher: Matcher | None) -> Found | None:
    """Where the piece stands in `text`; without a `matcher` only what stands there unchanged."""
    found = _whole(anchors, text) or _target(anchors, text)
    if found is None and matcher is not None:
        found = _between(anchors, text, matcher)
    return found if found is not None and found.confidence >= CONFIDENCE_MIN else None


def _whole(anchors: Anchors, text: str) -> Found | None:
    """Nothing changed: the piece with all that stood around it, once."""
    whole = anchors.whole
    places = [at for at in islice(_places(whole, text), 2) if _at_edges(anchors, text, at, whole)]
    if len(places) != 1:
        return None
    start = places[0] + len(anchors.before)
    return Found(start, start + len(anchors.target), 1.0)


def _at_edges(anchors: Anchors, text: str, at: int, whole: str) -> bool:
    """Whether an empty anchor lies at the edge of the file that it stands for."""
    return (bool(anchors.before) or at == 0) and (
        bool(anchors.after) or at + len(whole) == len(text)
    )


def _target(anchors: Anchors, text: str) -> Found | None:
    """The piece word for word, where most of what stood around it still does."""
    length = len(anchors.target.strip())
    if length < PLAIN_CHARS:
        return None
    places = islice(_places(anchors.target, text), PLACES_MAX)
    scored = [(_surroundings(anchors, text, at), at) for at in places]
    if not scored:
        return None
    scored.sort(key=lambda one: (-one[0], one[1]))
    score, at = scored[0]
    confidence = 0.5 + 0.5 * max(score, min(1.0, length / TELLING_CHARS))
    if len(scored) > 1 and scored[1][0] == score:
        confidence /= 2
    return Found(at, at + len(anchors.target), confidence)


def _surroundings(anchors: Anchors, text: str, at: int) -> float:
    """How much of both anchors stands unchanged next to the piece at `at`, 0 to 1."""
    size = len(anchors.before) + len(anchors.after)
    end = at + len(anchors.target)
    before = text[max(0, at - len(anchors.before)) : at]
    after = text[end : end + len(anchors.after)]
    same = _same(before[::-1], anchors.before[::-1]) + _same(after, anchors.after)
    return same / size if size else 1.0


def _same(one: str, two: str) -> int:
    """How many characters both begin with."""
    for at, (left, right) in enumerate(zip(one, two, strict=False)):
        if left != right:
            return at
    return min(len(one), len(two))


def _between(anchors: Anchors, text: str, matcher: Matcher) -> Found | None:
    """What stands between two anchors that may have been edited themselves."""
    start, before = 0, 1.0
    if anchors.before:
        best = matcher.best(anchors.before, text, ALIKE_MIN)
        if best is None:
            return None
        _, start, before = best
        start = _seam(anchors.before, text, start)
    reach = text[start : start + limits.GAP_CHARS_MAX + len(anchors.after)]
    end, after = len(text), 1.0
    if anchors.after:
        best = matcher.best(anchors.after, reach, ALIKE_MIN)
        if best is None:
            return None
        at, _, after = best
        end = start + _seam_before(anchors.after, reach, at)
    if end - start > limits.GAP_CHARS_MAX:
        return None
    # Similar is never certain, however similar.
    return Found(start, end, min(before, after, 0.95))


def _seam(before: str, text: str, end: int) -> int:
    """Where `before` ends in `text`, of which an alignment says: about at `end`."""
    for size in SEAM_CHARS:
        seam = before[-size:]
        near = _nearest(seam, text, end - len(seam))
        if near is not None:
            return near + len(seam)
    return end


def _seam_before(after: str, text: str, start: int) -> int:
    """Where `after` begins in `text`, of which an alignment says: about at `start`."""
    for size in SEAM_CHARS:
        near = _nearest(after[:size], text, start)
        if near is not None:
            return near
    return start


def _nearest(seam: str, text: str, at: int) -> int | None:
    """Where `seam` stands in `text`, at most SLACK_CHARS from `at` and nearest to it."""
    low = max(0, at - SLACK_CHARS)
    window = text[low : at + SLACK_CHARS + len(seam)]
    return min(
        (low + found for found in _places(seam, window)), key=lambda x: abs(x - at), default=None
    )


def _places(needle: str, text: str) -> Iterator[int]:
    """Where `needle` stands in `text`, from the left."""
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)
