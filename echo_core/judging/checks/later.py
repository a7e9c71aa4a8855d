"""The later text: what a commit holds where a gap was, as the target instead of the break's text.

What stood in a gap when it broke is often mended before anybody puts their name to it. Of two
texts of the same person in the same place the committed one is better, where it is the same thing.

Left out: finding the place in the commit (`echo_core.experience.kept`), judging either text.

Rules
 - It is better where its place is sure, at least half of the break's text still stands in it, and
   what stands around it was not renamed since. Else the break's text is judged.
 - Where a cheap check drops the later text, the break's is judged: the context is that of the
   break, and what was mended in both need not fit it (`echo_daemon.distilling.pipeline`).
 - Either is an exact stretch of the user's own text, and both stay: the sample keeps the break's,
   the look the commit's. The judgement says which of them was judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from echo_core import limits
from echo_core.experience.looks import Look, Moment, Place
from echo_core.experience.sample import Sample

SURE_MIN: Final = 0.8  # of a place found by content; as for dropping (`standing`)
SAME_RATE_MIN: Final = 0.5  # of the break's text; with less of it the code is another
_WORD = re.compile(r"[^\W\d]\w*")


class Later(StrEnum):
    """What became of the question whether a commit's text is the better target."""

    NONE = "none"
    TAKEN = "taken"
    GONE = "gone"
    UNSURE = "unsure"
    OTHER = "other"
    RENAMED = "renamed"
    DROPPED = "dropped"

    @property
    def sentence(self) -> str:
        """The answer in words; of NONE there is nothing to say."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Later, str]] = {
    Later.NONE: "",
    Later.TAKEN: "What the commit holds there was judged instead.",
    Later.GONE: "The commit holds nothing there; what stood at the break was judged.",
    Later.UNSURE: "What the commit holds there was found too unsurely to be judged instead.",
    Later.OTHER: "The commit holds another text there; what stood at the break was judged.",
    Later.RENAMED: "Names around it changed before the commit; what stood at the break was judged.",
    Later.DROPPED: "A check dropped what the commit holds; what stood at the break was judged.",
}


def later(sample: Sample, looks: Sequence[Look]) -> tuple[Later, str]:
    """Whether the commit's text is the better target, before any check; and that text, if so."""
    look = next((one for one in looks if one.moment is Moment.COMMITTED), None)
    if look is None or look.place in (Place.ELSEWHERE, Place.LOST) or not look.distance:
        return Later.NONE, ""
    if not look.text.strip():
        return Later.GONE, ""
    if look.confidence < SURE_MIN:
        return Later.UNSURE, ""
    if look.kept_rate < SAME_RATE_MIN or len(look.text) > limits.GAP_CHARS_MAX:
        return Later.OTHER, ""
    if _is_renamed(sample, look.text):
        return Later.RENAMED, ""
    return Later.TAKEN, look.text


def _is_renamed(sample: Sample, text: str) -> bool:
    """Whether a word went that its surroundings say, and one came that they do not."""
    before, now = set(_WORD.findall(sample.target)), set(_WORD.findall(text))
    around = set(_WORD.findall(sample.prefix)) | set(_WORD.findall(sample.suffix))
    return bool((before - now) & around) and bool((now - before) - around)


def judged_text(sample: Sample, looks: Sequence[Look], which: Later) -> str:
    """The text that a judgement is of, whole; `which`: as it says."""
    if which is not Later.TAKEN:
        return sample.target
    return committed_text(looks)


def committed_text(looks: Sequence[Look]) -> str:
    """What a commit holds there, where it is another text than at the break."""
    return next((one.text for one in looks if one.moment is Moment.COMMITTED), "")
