"""Check: may others see a proposal that was shown and not kept, as what is not to be written?

With what was kept it makes a preference, from which a model can learn what to leave (adr/0017).

Left out: the checks for safety themselves, whether it is wanted at all (`sharing.rejected`).

Rules
 - It drops no sample: where the proposal may not leave, the sample leaves without it.
 - The proposal is read in the target's place by every check for safety. Whether it is good code is
   no question: it was refused.
 - Where one of the two texts begins with the other, space aside, nothing was refused: what was
   proposed was kept, as far as it went or as far as it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "rejected"
VERSION: Final = 1
CHARS_MAX: Final = 4096  # as of a target that leaves; a proposal has 64 tokens (`limits`)
CHARS: Final = "chars"  # the fact that there is one, and how long


def differs(kept: str, proposed: str) -> bool:
    """Whether who kept the one had no use for the other; silence is kept where `kept` is space."""
    one, other = "".join(kept.split()), "".join(proposed.split())
    return bool(other) and not (one and (one.startswith(other) or other.startswith(one)))


def text_of(proposed: str, kept: str, cut: int) -> str:
    """The proposal, where the target that is cut there differs from it; else nothing."""
    return proposed if differs(kept, proposed) and differs(kept[:cut], proposed) else ""


def judge(text: str, verdicts: Iterable[Verdict]) -> Verdict:
    """What is said of a proposal by what the checks for safety say of it in the target's place."""
    if not text:
        return Verdict(NAME, VERSION, Finding.PASSED)
    if len(text) > CHARS_MAX:
        return Verdict(NAME, VERSION, Finding.MARKED, Cause.TOO_LARGE)
    against = next((one for one in verdicts if one.finding is Finding.DROPPED), None)
    if against is not None:
        return Verdict(NAME, VERSION, Finding.MARKED, against.cause)
    return Verdict(NAME, VERSION, Finding.PASSED, facts=((CHARS, len(text)),))


def may_leave(verdict: Verdict | None) -> bool:
    """Whether there was a proposal to judge, and nothing speaks against it."""
    return verdict is not None and verdict.finding is Finding.PASSED and bool(verdict.facts)
