"""Whether what was kept still stood later: the looks at its place, as one dimension of quality.

Left out: when looks are made (`echo_core.experience.kept`), and what else makes quality
(`quality`).

Rules
 - The later a look, the more it says; a commit says most. Of looks of equal weight the newest
   counts. A look that did not find its place because another branch stands there says nothing.
 - Taken back within the looks is dropped: nobody kept it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from echo_core.experience.looks import Look, Moment, Place
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "standing"
VERSION: Final = 1

UNSEEN: Final = 0.6  # nobody looked yet: what half of all written code does is not known
WEIGHTS: Final[dict[Moment, float]] = {
    Moment.COMMITTED: 1.0,  # somebody put their name to it
    Moment.OPENED: 0.95,  # it outlived an editor
    Moment.AFTER_10_MIN: 0.9,
    Moment.CLOSED: 0.9,
    Moment.AFTER_5_MIN: 0.85,
    Moment.SAVED: 0.8,
    Moment.AFTER_2_MIN: 0.8,
    Moment.AFTER_30_S: 0.7,
    Moment.AFTER_15_S: 0.65,
}
KEPT_RATE_MIN: Final = 0.25  # less of it standing is another text
SURE_MIN: Final = 0.8  # of a place found by content, before a sample is dropped for it


def judge(
    looks: Sequence[Look], target_chars: int, *, committed: bool, later: bool = False
) -> Verdict:
    """`committed`: the sample was made from a commit, so that it stands in one.

    `later`: the target is what the commit holds, so that it stands there whole.

    `target_chars` of 0 is a sample of silence: there is nothing that could still stand.
    """
    if committed or not target_chars:
        return Verdict(NAME, VERSION, Finding.PASSED)
    telling = [look for look in looks if look.place is not Place.ELSEWHERE]
    if not telling:
        return Verdict(NAME, VERSION, Finding.PASSED, quality=UNSEEN)
    last = max(telling, key=lambda look: (WEIGHTS[look.moment], look.at_ms))
    rate = min(1.0, last.kept_rate)
    facts = (("moment", last.moment.value), ("kept", round(rate, 3)))
    rate = 1.0 if later else rate
    sure = last.place is Place.LOST or last.confidence >= SURE_MIN
    if sure and rate < KEPT_RATE_MIN and not last.in_file:
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.TAKEN_BACK, quality=0.0, facts=facts)
    trust = UNSEEN + (WEIGHTS[last.moment] - UNSEEN) * min(1.0, last.confidence)
    return Verdict(NAME, VERSION, Finding.PASSED, quality=trust * (1 + rate) / 2, facts=facts)
