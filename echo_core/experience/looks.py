"""A look: what stands, some time after a gap broke, of what was kept in it.

Left out: when looks are made and how (`echo_core.experience.kept`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Moment(StrEnum):
    """When a look is made; each once a gap; of CLOSED and OPENED the newest counts."""

    AFTER_15_S = "15s"
    AFTER_30_S = "30s"
    AFTER_2_MIN = "2min"
    AFTER_5_MIN = "5min"
    AFTER_10_MIN = "10min"
    SAVED = "save"  # the first time that the document was saved
    CLOSED = "close"  # the text with which the document left the editor
    OPENED = "open"  # the document came back, perhaps days later
    COMMITTED = "commit"  # the first commit that decides


class Place(StrEnum):
    """How a look knows its place."""

    FOLLOWED = "followed"  # mapped through every edit
    FOUND = "found"  # by content; `confidence` says how surely
    LOST = "lost"  # looked for, and not there
    ELSEWHERE = "elsewhere"  # not there while another branch is checked out


TIMED: Final = (
    (15_000, Moment.AFTER_15_S),
    (30_000, Moment.AFTER_30_S),
    (120_000, Moment.AFTER_2_MIN),
    (300_000, Moment.AFTER_5_MIN),
    (600_000, Moment.AFTER_10_MIN),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look saw. Lengths in code points; zeros where the place is not known."""

    request: str  # of the gap, and of its sample
    moment: Moment
    at_ms: int
    place: Place
    confidence: float  # 1.0 where the place was mapped
    target_chars: int  # what was kept at the break (y*)
    kept_chars: int  # of them, those that still stand there, in order
    accepted_chars: int  # what accepting this gap's proposal had left standing at the break
    accepted_kept_chars: int  # of them
    now_chars: int  # what stands there now
    distance: int  # of edits from the break's text to what stands there now
    in_file: bool  # most of it stands there, or all of it elsewhere in the file
    text: str = ""  # at a commit, where it differs from the break's: the later, better y*

    @property
    def kept_rate(self) -> float:
        """How much of what was kept still stands, 0 to 1."""
        return self.kept_chars / self.target_chars if self.target_chars else 0.0
