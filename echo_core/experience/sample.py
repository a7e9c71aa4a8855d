"""A sample: what stood around a gap, what was proposed, what was kept, and how it ended.

Left out: how the target is cut and judged; here a sample is a candidate, as mined.

Rules
 - The target is the user's own text, exactly as it stood at the break.
 - `prefix + target + suffix` is a part of the document as it stood at the break.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_core.gaps.life import Break


@dataclass(frozen=True, slots=True)
class Sample:
    """A mined candidate. Offsets and lengths in code points, times in ms since 1970."""

    request: str  # the request at which the gap opened; the sample's identity
    doc: str
    language: str
    prefix: str  # at most SAMPLE_PREFIX_CHARS_MAX, ends where the gap began
    target: str  # y*: what stood in the gap at the break
    suffix: str  # at most SAMPLE_SUFFIX_CHARS_MAX, starts where the gap ended
    proposal: str  # the text that was offered; empty when silence was
    proposal_id: str
    model: str
    accepted_chars: int  # of the target's characters, those that came from accepting anything
    kept_chars: int  # of them, those of this very proposal, counted at the gap it was made for
    break_reason: Break
    opened_at_ms: int
    broken_at_ms: int
    # What the text at the break does not show (`echo_core.judging.checks.boundary` says what for).
    grown_chars: int = 0  # the most that ever stood in the gap
    undone: bool = False  # the last edit in it took something back, or brought it back
    deleted: bool = False  # what ended it was an edit that only removed text
    shown: bool = False  # the proposal was before the user's eyes (adr/0001)

    @property
    def texts(self) -> tuple[str, str, str, str]:
        """All source text that it holds."""
        return (self.prefix, self.target, self.suffix, self.proposal)

    @property
    def is_void(self) -> bool:
        """Nothing was kept: a candidate for teaching silence."""
        return not self.target.strip()
